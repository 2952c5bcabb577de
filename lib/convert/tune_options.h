// Tune's options -> what the rooms behind take. The first thing that Tune does.
#pragma once

#include <string>
#include <vector>

#include "lib/qconvert.h"
#include "lib/quantization/rounding.h"
#include "lib/tuning/trainer.h"

namespace qconvert {

/// Returns the options with every default in its place, but for `convert`, which stays as given.
///   Throws Error(kUsage) for values that cannot be and options that cannot take effect.
TuneOptions Validated(const TuneOptions& options);

/// Returns the method that rounds the weights that a training begins with: GPTQ with 4 bits, where
/// what is written back need not be the model's own weights.
///   settled  the options of the conversion with their defaults
const RoundingMethod& FirstRounding(const TuneOptions& options, const ConvertOptions& settled);

/// Returns the trainer's word for a choice.
BatchNormTraining TrainingOf(TuneOptions::BatchNorm chosen);

/// Returns how the trainer learns.
///   options  as Validated returns them
///   samples  how many are trained on
TrainingSettings SettingsOf(const TuneOptions& options, size_t samples, bool labelled);

/// Returns what a training depends on, "--flag value" each: a state of other ones does not fit.
///   settled  the options of the conversion with their defaults
std::vector<std::string> RunText(const TuneOptions& options, const ConvertOptions& settled,
                                 size_t samples);

}  // namespace qconvert
