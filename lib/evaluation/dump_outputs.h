// What two networks computed on every sample, as files for programs that measure what we do not.
// Compare feeds it; a metric command reads it.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "lib/evaluation/comparison.h"

namespace qconvert {

/// How many draws of samples a dump lists, for intervals of other figures.
inline constexpr size_t kDumpedDraws = 200;

/// Requires a folder that may be filled: one that does not exist, is empty, or holds a dump.
///   Throws Error(kUsage) otherwise, so that no other file can be overwritten.
void RequireDumpFolder(const std::string& folder);

/// Writes a dump:
///   reference_K.npy, candidate_K.npy  output K on all samples, float32 in the ONNX layout:
///                                     [samples, ...], without the axis of a batch of one
///   draws.npy  int32 [draws, samples]: numbers of samples, drawn with repetition
///   and a JSON file of the name outputs: {"outputs": [{"name", "reference", "candidate"}, ...],
///   "samples": [names], "draws": "draws.npy"}
class OutputDump {
 public:
  /// Creates the folder and its files.
  ///   samples  names, in their order
  ///   Throws Error(kIo) when they cannot be created.
  OutputDump(std::string folder, const std::vector<Port>& outputs,
             const std::vector<std::string>& samples);

  /// Appends what one sample gave; in the order of the samples.
  void Add(const SampleResult& sample);

  /// Completes the files.
  ///   Throws Error(kIo) when anything could not be written.
  void Finish();

 private:
  std::ofstream Create(const std::string& name);
  void WriteList(const std::vector<Port>& outputs, const std::vector<std::string>& samples);
  void WriteDraws(size_t samples);

  const std::string folder_;
  std::vector<std::ofstream> reference_, candidate_;  // by output
};

}  // namespace qconvert
