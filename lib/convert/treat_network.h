// --effort 2: which treatments bring the file nearer to the float network, measured. convert.cc
// asks before it observes the network that it quantizes, and converts with what was kept.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lib/convert/calibration_samples.h"
#include "lib/convert/equalize_network.h"
#include "lib/network/float_network.h"
#include "lib/qconvert.h"

namespace qconvert {

/// A network's best known treatment.
struct NetworkTreatment {
  ConvertOptions given;  ///< the user's options with the flags that were kept
  std::optional<NetworkEqualization> equalization;  ///< nothing where none is kept
  TreatmentSummary summary;
};

/// Makes the file as the user's options say, then with one treatment after another, and keeps those
/// that bring the worst output nearer by a tenth of a decibel and lose no more answers than chance
/// explains. Samples that are held out judge: a range fits those that it was chosen on. A treatment
/// that such a file cannot be made with is passed over.
///   load     returns the network as it is to be observed
///   samples  at least one
///   given    by the user; given.budget bounds the number of files, each chain of an equalization
///            counts
///   Throws Error as ObserveNetwork and MakeFile do of the untreated file; Error(kInterrupted).
NetworkTreatment TreatNetwork(const std::function<FloatNetwork()>& load,
                              const CalibrationSamples& samples, const ConvertOptions& given,
                              ThreadPool& threads);

}  // namespace qconvert
