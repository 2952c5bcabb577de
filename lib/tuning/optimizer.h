// How gradients move parameters: a list of methods. trainer.h asks one of them after each batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace qconvert {

/// What holds for all steps.
struct OptimizerSettings {
  double momentum = 0.9;    ///< of SGD
  double weight_decay = 0;  ///< added to the gradient (SGD) or taken from the values (Adam)
};

/// One step of one run of parameters. All spans have its length, but for `moments`, which has
/// OptimizerMethod::moments of them, one behind the other.
struct OptimizerStep {
  std::span<float> values;
  std::span<const float> gradients;
  std::span<float> moments;  ///< begin as 0
  uint64_t step = 1;         ///< from 1
  double rate = 0;
  double weight_decay = 0;
};

/// One way to move parameters. To add one, write a file that defines it and add it to the list in
/// optimizer_methods.cc.
struct OptimizerMethod {
  std::string_view name;  ///< as users give it
  std::string_view help;  ///< half a sentence
  size_t moments;         ///< that are kept of each parameter
  double usual_rate;      ///< where the user says none, as UsualRate says
  bool is_relative;       ///< the rate is in units of Segment::unit
  void (*move)(const OptimizerStep& step, const OptimizerSettings& settings);
};

/// Returns the rate of a training of so many steps where the user says none: the usual one, and a
/// relative one less, in proportion, below 1000 steps, which are too few to mend what it breaks.
double UsualRate(const OptimizerMethod& method, uint64_t steps);

/// Returns the methods; the first is the default.
std::span<const OptimizerMethod* const> OptimizerMethods();

/// Returns the method of that name; null when there is none.
const OptimizerMethod* FindOptimizerMethod(std::string_view name);

}  // namespace qconvert
