// --search: the cheapest precision of each layer that meets the targets. convert.cc asks before it
// observes the network that it quantizes, and converts with the rows that were found.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lib/base/shared_bytes.h"
#include "lib/convert/calibration_samples.h"
#include "lib/network/float_network.h"
#include "lib/qconvert.h"

namespace qconvert {

/// What a search found.
struct FoundPrecision {
  std::vector<RecipeRow> rows;
  std::string calibration;  ///< the range method of all files that were measured
  std::string hash;         ///< of the samples that calibrate
  SearchSummary summary;
  /// Of the best file, as it is written; null where an earlier run made it.
  SharedBytes bytes;
};

/// Searches. What is measured depends on the options, the samples and the instruction set alone;
/// times of layers are measured once and are part of the state.
///   samples      those that decide are held out
///   interrupted  is called with the best file so far before Error(kInterrupted) is thrown on, if a
///                file meets the targets
///   Throws Error(kGateFailed) when no file of the budget meets the targets, saying how near the
///   nearest came; Error as a conversion does of the file without rows.
FoundPrecision SearchPrecision(FloatNetwork& network, const CalibrationSamples& samples,
                               const ConvertOptions& given, ThreadPool& threads,
                               const std::function<void(const FoundPrecision&)>& interrupted);

}  // namespace qconvert
