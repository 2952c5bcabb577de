// All that is known of the float network's tensors over a run of samples: statistics by kind and
// subject. calibrate.h gathers it, choose_ranges.h and quantization/ read it; parts that several
// machines gathered become one.
#pragma once

#include <compare>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/calibration/statistic.h"

namespace qconvert {

/// Statistics over a run of samples; empty at first.
class Evidence {
 public:
  /// Says which statistic of which subject one is.
  struct Key {
    std::string kind, subject;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  using Keys = std::vector<Key>;

  Evidence() = default;
  /// `keys` ascending, each once; one statistic a key, of these samples.
  Evidence(SampleRun samples, std::shared_ptr<const Keys> keys,
           std::vector<std::unique_ptr<Statistic>> statistics);

  SampleRun samples() const { return samples_; }

  /// Returns what a statistic says of a subject; null when that was not observed.
  template <typename S>
  const S* Find(std::string_view subject) const {
    const Statistic* found = Find(S::kKind.name, subject);
    return found == nullptr ? nullptr : &As<S>(*found);
  }
  const Statistic* Find(std::string_view kind, std::string_view subject) const;

  /// Adds the evidence of the samples right behind: of one sample, or of another machine's part.
  ///   Throws Error(kUnusable) when it is of other samples, another network or other statistics.
  void Append(Evidence next);

  /// Returns it as the bytes of a file.
  std::vector<std::byte> Serialise() const;
  /// Reads what Serialise has written.
  ///   Throws Error(kUnusable) when the bytes are damaged or of another version.
  static Evidence Parse(std::span<const std::byte> bytes);

 private:
  SampleRun samples_;
  std::shared_ptr<const Keys> keys_ = std::make_shared<const Keys>();
  std::vector<std::unique_ptr<Statistic>> statistics_;  // by key
};

}  // namespace qconvert
