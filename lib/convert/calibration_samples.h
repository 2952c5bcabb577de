// The samples that a conversion looks at: the user's, or those that lie beside the model.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/graph/graph.h"
#include "lib/qconvert.h"
#include "lib/samples/sample_reader.h"
#include "lib/samples/sample_set.h"

namespace qconvert {

struct CalibrationSamples {
  std::unique_ptr<SampleSet> set;  ///< null when there are none
  std::string name;                ///< as the user gave it
  std::string preprocessing;       ///< that the file is to remember; empty: none was given
  size_t held_out = 0;             ///< so many at the end only judge; 0: all calibrate
  std::vector<int> labels;         ///< true classes, one for each; empty: none are known

  explicit operator bool() const { return set != nullptr; }
  /// Returns how many calibrate.
  size_t calibrating() const { return set->size() - held_out; }
  /// Returns what reads them; there must be some, and they must outlive it.
  SampleReader reader() const {
    return [&samples = *set](size_t i) { return samples.Read(i); };
  }
};

/// Returns the samples with a third (8 to 128) of them, spread evenly, held out to judge; all of
/// them calibrate and judge where there are fewer than 16.
///   samples  must outlive it
CalibrationSamples HoldOut(const CalibrationSamples& samples);

/// The samples of a search, in three parts that are spread evenly. The first calibrates for both of
/// the others.
struct SearchSamples {
  CalibrationSamples deciding;  ///< the second part is held out: the search decides by it
  CalibrationSamples judging;   ///< the third part is held out: no decision sees it
};

/// Returns a third of the samples for each part: at most 256 to calibrate, 2048 to decide and
/// 2048 to judge; others are left out.
///   samples  must outlive the result
///   Throws Error(kUsage) where there are fewer than 24.
SearchSamples SplitForSearch(const CalibrationSamples& samples);

/// Returns a hash of the values that calibrate, in hexadecimal.
std::string HashOf(const CalibrationSamples& samples);

/// Opens the samples of --data, or else the ONNX test vectors beside the model, with their labels.
///   network  whose inputs they are for
///   Throws Error as OpenSamples and FindLabels do.
CalibrationSamples OpenCalibrationSamples(const ConvertOptions& options, const Graph& network);

}  // namespace qconvert
