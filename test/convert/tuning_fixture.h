// A folder with a model, samples and labels, and options that train on them.
#pragma once

#include <string>
#include <vector>

#include "lib/qconvert.h"
#include "test/support/scratch_folder.h"

namespace qconvert {

inline constexpr size_t kTuningSamples = 60;

class TuningFixture {
 public:
  /// Writes the model, samples of [1,1,8,8], and their labels: classes 0, 1, 2 in turn.
  explicit TuningFixture(const std::string& model);

  template <typename LabelOf>
  void WriteLabels(const LabelOf& label_of) {
    std::string labels;
    for (size_t i = 0; i < kTuningSamples; ++i) labels += std::to_string(label_of(i)) + "\n";
    Write("labels.txt", labels);
  }
  std::string Path(const std::string& name) const { return folder_ / name; }
  std::string Read(const std::string& name) const { return ReadBytes(folder_ / name); }
  void Write(const std::string& name, const std::string& bytes) { folder_.Write(name, bytes); }
  /// Returns the error of a training with the options.
  Error Refused() const;

  /// Trains; then again, killed when the state of a step is on disk, and resumed on other threads.
  /// Both must leave the same bytes in these files, run.qtune among them.
  void RequireSurvivesKill(uint64_t step, int threads, const std::vector<std::string>& files);

  TuneOptions options;

 private:
  ScratchFolder folder_;
};

}  // namespace qconvert
