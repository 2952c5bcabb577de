// The samples of a training, as each epoch shows them: pictures changed anew, and what the teacher
// computes on them. tune.cc makes them; training_run.h moves them from epoch to epoch.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "lib/convert/tuning_samples.h"
#include "lib/samples/augmentation.h"

namespace qconvert {

/// Pictures of a training, changed at random. Any thread may read them.
class AugmentedPictures {
 public:
  /// Finds out how the options change the input of a network.
  ///   Throws Error(kUsage) where they do and the input is no picture, or too small to be cut.
  AugmentedPictures(const TuneOptions& options, const Graph& network);

  bool any() const { return augmentation_.any(); }

  /// Changes one sample.
  ///   values  of the network's one input, float32
  void Change(size_t sample, uint64_t epoch, std::span<std::byte> values) const;

 private:
  Augmentation augmentation_;
  PictureTarget target_;
  std::vector<float> black_;
  uint64_t seed_ = 0;
};

class EpochSamples {
 public:
  /// Asks the teacher about the samples as they are. What is referred to must outlive the result.
  EpochSamples(const ChosenSamples& samples, const std::vector<LossTensor>& losses,
               const AugmentedPictures& augmented, FloatNetwork& teacher, ThreadPool& threads,
               bool quiet);

  /// Returns the samples of the epoch that began last; before the first one, unchanged.
  const TrainingSet& set() const { return set_; }

  /// Shows the samples of an epoch. The result depends on the seed and the epoch alone.
  void Begin(uint64_t epoch);

 private:
  std::vector<std::vector<std::byte>> Read(size_t sample) const;

  const SampleReader read_;
  const AugmentedPictures& augmented_;
  FloatNetwork& teacher_;
  ThreadPool& threads_;
  const bool quiet_;
  std::optional<uint64_t> epoch_;
  TrainingSet set_;
};

}  // namespace qconvert
