#include "lib/calibration/softmax_ranges.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lib/calibration/row_maxima.h"
#include "lib/math/finite_range.h"
#include "lib/passes/scores.h"

namespace qconvert {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr Range kAll{-kInfinity, kInfinity};

/// A larger factor makes masks of 0 and 1: its operand, which says where they are, is no score.
constexpr float kLargestFactor = 256;

/// Finds, from the last node to the first, which values of each tensor matter: those outside of a
/// range may be clamped to its ends.
class Clipping {
 public:
  Clipping(const Graph& graph, const Evidence& evidence, const Ranges& ranges, double steps)
      : graph_(graph),
        evidence_(evidence),
        ranges_(ranges),
        probabilities_(static_cast<float>(steps + 1)),
        scores_(FindScores(graph)),
        matter_(scores_.size(), Range{kInfinity, -kInfinity}) {
    for (auto node = graph.nodes().rbegin(); node != graph.nodes().rend(); ++node) Visit(*node);
  }

  /// Returns the range that a tensor is left with.
  std::optional<Range> Clipped(TensorId id) const {
    const bool scores = scores_[static_cast<size_t>(id)];
    const std::optional<Range> range = scores ? RangeOf(id) : std::nullopt;
    if (!range) return std::nullopt;
    const Range& matter = matter_[static_cast<size_t>(id)];
    return RelaxToZero({std::clamp(range->min, matter.min, matter.max),
                        std::clamp(range->max, matter.min, matter.max)});
  }

  /// Returns the range that a tensor has; nothing where none is known.
  std::optional<Range> RangeOf(TensorId id) const {
    const Tensor& tensor = graph_.tensor(id);
    if (!tensor.is_constant()) return ranges_[static_cast<size_t>(id)];
    return tensor.is_float() ? FiniteRange(tensor.Values<float>()) : std::nullopt;
  }

 private:
  void Visit(const Node& node) {
    Range result{kInfinity, -kInfinity};
    for (TensorId id : node.outputs()) result = Hull(result, matter_[static_cast<size_t>(id)]);
    for (size_t i = 0; i < node.inputs().size(); ++i) {
      if (!node.has_input(i)) continue;
      Range& operand = matter_[static_cast<size_t>(node.input(i))];
      operand = Hull(operand, OfOperand(node, i, result));
    }
  }

  static Range Hull(const Range& a, const Range& b) {
    return {std::min(a.min, b.min), std::max(a.max, b.max)};
  }

  /// Returns which values of operand i matter where those of the result do.
  Range OfOperand(const Node& node, size_t i, const Range& result) const {
    if (!scores_[static_cast<size_t>(node.input(i))]) return kAll;
    if (node.Is<Softmax>()) return OfSoftmax(node);
    if (node.Is<Neg>()) return {-result.max, -result.min};
    if (Selects(node, i)) return result;
    const TensorId other_id = node.input(1 - i);
    const std::optional<Range> other = other_id == kNoTensor ? std::nullopt : RangeOf(other_id);
    if (!other) return kAll;
    if (node.Is<Add>()) return {result.min - other->max, result.max - other->min};
    if (node.Is<Sub>() && i == 0) return {result.min + other->min, result.max + other->max};
    if (node.Is<Sub>()) return {other->min - result.max, other->max - result.min};
    const bool scales = node.Is<Mul>() && graph_.tensor(other_id).is_constant();
    return scales ? OfFactor(*other, result) : kAll;
  }

  static Range OfFactor(const Range& factor, const Range& result) {
    if (factor.max < 0) return OfFactor({-factor.max, -factor.min}, {-result.max, -result.min});
    if (!(factor.min > 0 && factor.max <= kLargestFactor)) return kAll;
    return {std::min(result.min / factor.min, result.min / factor.max),
            std::max(result.max / factor.min, result.max / factor.max)};
  }

  Range OfSoftmax(const Node& node) const {
    const Tensor& operand = graph_.tensor(node.input(0));
    const auto* maxima = evidence_.Find<RowMaxima>(operand.name);
    const float beta = node.As<Softmax>()->beta;
    if (maxima == nullptr || beta <= 0) return kAll;
    const Range rows = maxima->range();
    const float reach =
        std::log(2 * probabilities_ * static_cast<float>(operand.shape.back())) / beta;
    return {rows.min - (rows.max - rows.min) - reach, kInfinity};
  }

  const Graph& graph_;
  const Evidence& evidence_;
  const Ranges& ranges_;
  const float probabilities_;       // steps of 1
  const std::vector<bool> scores_;  // by tensor id
  std::vector<Range> matter_;       // by tensor id; of one that nobody reads, nothing
};

}  // namespace

void ClipToSoftmaxes(const Graph& graph, const Evidence& evidence, Ranges& ranges, double steps) {
  const Clipping clipping(graph, evidence, ranges, steps);
  Ranges clipped = ranges;
  for (TensorId id = 0; id < graph.tensor_count(); ++id) {
    const std::optional<Range> range = clipping.Clipped(id);
    if (!range) continue;
    const bool changes = *range != RelaxToZero(*clipping.RangeOf(id));
    if (changes) clipped[static_cast<size_t>(id)] = range;
  }
  ranges = std::move(clipped);
}

}  // namespace qconvert
