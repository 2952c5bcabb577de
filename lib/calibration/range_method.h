// How what is known of a tensor becomes its range: one file a method, one row in range_methods.cc.
// choose_ranges.h applies a method to every tensor.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/calibration/evidence.h"
#include "lib/calibration/value_sums.h"

namespace qconvert {

/// What methods may be told by the user.
struct RangeOptions {
  float decay = 0.95F;        ///< of the moving average, in [0, 1): the weight of earlier samples
  double percentile = 99.99;  ///< share of the values within the range, percent, in (50, 100]
  double steps = kInt8Steps;  ///< of the range: kInt16Steps beside int16 activations
};

/// What is known of one tensor whose range is chosen.
class TensorEvidence {
 public:
  /// What is referred to must outlive it.
  ///   possible  what the tensor's producer can give at all; infinite where it knows no end
  TensorEvidence(const Evidence& evidence, const Tensor& tensor, Range possible)
      : evidence_(evidence), tensor_(tensor), possible_(possible) {}

  /// Returns a statistic that the method says it reads.
  template <typename S>
  const S& Get() const {
    const S* statistic = evidence_.Find<S>(tensor_.name);
    Check(statistic != nullptr, "a range without its statistic");
    return *statistic;
  }
  size_t samples() const { return evidence_.samples().count(); }
  /// Returns how many values the tensor had on all samples together.
  double values() const {
    return static_cast<double>(samples()) * static_cast<double>(tensor_.elements());
  }
  Range possible() const { return possible_; }

 private:
  const Evidence& evidence_;
  const Tensor& tensor_;
  Range possible_;
};

/// What a method chose.
struct RangeChoice {
  Range range;                        ///< it need not include zero
  std::vector<size_t> left_out = {};  ///< samples that were left out as broken
};

/// A range method.
struct RangeMethod {
  using Choose = RangeChoice (*)(const TensorEvidence& tensor, const RangeOptions& options);

  std::string_view name;                        ///< as --calibration takes it
  std::string_view help;                        ///< half a sentence
  std::span<const StatisticKind* const> reads;  ///< what it must be shown of every float tensor
  Choose choose;                                ///< returns the range of one tensor
  /// Returns the range of a tensor that must not be clipped; null: its extremes.
  Choose keep;
  /// Returns the method and its options for people, such as "moving average, decay 0.95".
  std::string (*describe)(const RangeOptions& options);
  std::string_view option = {};  ///< the flag that is for this method alone; empty: none
  /// A method that is tried too where the file is far from the float network, and taken where it
  /// comes nearer; null: none.
  const RangeMethod* alternative = nullptr;
  /// Returns a better range of a tensor from what the layers make of it that read it; null: none.
  /// Asked for tensors that may be clipped, with the range that `choose` chose.
  Range (*refine)(const Graph& graph, const Evidence& evidence, TensorId tensor,
                  Range chosen) = nullptr;
};

/// Returns every method, the default first.
std::span<const RangeMethod* const> RangeMethods();

/// Returns the method of a name.
///   Throws Error(kUsage), listing the names, when there is none.
const RangeMethod& RangeMethodNamed(std::string_view name);

}  // namespace qconvert
