#include "lib/evaluation/output_range.h"

#include <cmath>

#include "lib/base/check.h"
#include "lib/math/affine.h"

namespace qconvert {
namespace {

/// Returns the limits of a type whose values stand for reals; nothing for other types.
std::optional<IntegerLimits> LimitsOfType(ElementType type) {
  switch (type) {
    case ElementType::kInt8:
      return kInt8Limits;
    case ElementType::kUInt8:
      return kUInt8Limits;
    case ElementType::kInt16:
      return kInt16Limits;
    default:
      return std::nullopt;
  }
}

/// Returns the tensor whose integers an output shows.
TensorId IntegersOf(const Graph& graph, TensorId output) {
  const Node* producer = graph.Producer(output);
  return producer != nullptr && producer->Is<Dequantize>() ? producer->input(0) : output;
}

}  // namespace

std::optional<OutputRange> RangeOfOutput(const Graph& graph, TensorId output) {
  const Tensor& integers = graph.tensor(IntegersOf(graph, output));
  const auto limits = LimitsOfType(integers.type);
  if (!limits || !integers.quant || integers.quant->per_channel()) return std::nullopt;
  const float step = integers.quant->scale();
  const auto real = [&](int32_t q) {
    return static_cast<float>(q - integers.quant->zero_point()) * step;
  };
  return OutputRange{real(limits->min), real(limits->max), step, integers.quant->zero_point()};
}

size_t CountAtEnds(std::span<const float> reference, std::span<const float> quantized,
                   const OutputRange& range) {
  Check(reference.size() == quantized.size(), "CountAtEnds: sizes differ");
  const auto stuck = [&](size_t i, float end) {
    return std::abs(quantized[i] - end) < range.step / 2 &&
           std::abs(reference[i] - end) > range.step;
  };
  size_t count = 0;
  for (size_t i = 0; i < reference.size(); ++i) {
    count += stuck(i, range.min) || stuck(i, range.max);
  }
  return count;
}

}  // namespace qconvert
