// Which chains of a network are equalized: those whose equalization was measured to help.
// convert.cc asks before it observes the network that it quantizes.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "lib/convert/calibration_samples.h"
#include "lib/network/float_network.h"
#include "lib/passes/equalize.h"
#include "lib/qconvert.h"

namespace qconvert {

/// What was found, by files that were made and compared with the float network.
struct NetworkEqualization {
  ChannelRanges ranges;          ///< that Equalize reads
  std::set<std::string> firsts;  ///< of the pairs to equalize; empty: none
  Equalized done;
  size_t chains = 0, kept_chains = 0;
  size_t trials = 0;                   ///< equalized files
  double before_db = 0, after_db = 0;  ///< SQNR of the worst output
};

/// Returns it in words.
std::string ToText(const NetworkEqualization& equalization);

/// Makes the file without equalization, then with all chains of pairs equalized, and where that
/// does not help, with half of them, and so on: at most 8 files, each from its own calibration.
/// What raises the SQNR of the worst output is kept.
///   load     returns the network as it is to be observed
///   options  as Validated returns them
NetworkEqualization FindEqualization(const std::function<FloatNetwork()>& load,
                                     const CalibrationSamples& samples,
                                     const ConvertOptions& options, ThreadPool& threads);

/// Equalizes a network as was found. Its metadata says so.
void ApplyEqualization(const NetworkEqualization& equalization, FloatNetwork& network);

}  // namespace qconvert
