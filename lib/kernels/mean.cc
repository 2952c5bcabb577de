#include "lib/kernels/mean.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <optional>
#include <type_traits>

#include "lib/base/vectorize.h"
#include "lib/kernels/layer_params.h"

namespace qconvert {
namespace {

/// A shape [outer, reduced, inner] whose middle goes.
struct MiddleAxis {
  size_t outer = 1, reduced = 1, inner = 1;
};

std::optional<MiddleAxis> MiddleOf(const Shape& shape, std::vector<int> axes) {
  std::sort(axes.begin(), axes.end());
  if (axes.empty() || axes.back() - axes.front() + 1 != static_cast<int>(axes.size())) return {};
  MiddleAxis middle;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    const auto at = static_cast<int>(axis);
    size_t& part = at < axes.front()  ? middle.outer
                   : at > axes.back() ? middle.inner
                                      : middle.reduced;
    part *= static_cast<size_t>(shape[axis]);
  }
  return middle;
}

/// What the bytes of operand and result are XORed with.
struct Flips {
  uint8_t input = 0, output = 0;
};

QCONVERT_VECTORIZE void AddRow(const int8_t* row, size_t count, uint8_t flip, int32_t* sums) {
  for (size_t i = 0; i < count; ++i) sums[i] += static_cast<int8_t>(row[i] ^ flip);
}
QCONVERT_VECTORIZE void AddRow(const float* row, size_t count, uint8_t, double* sums) {
  for (size_t i = 0; i < count; ++i) sums[i] += static_cast<double>(row[i]);
}

/// The same for a row that becomes one number, in several sums at once.
QCONVERT_VECTORIZE int32_t SumOf(const int8_t* row, size_t count, uint8_t flip) {
  int32_t sum = 0;
  for (size_t i = 0; i < count; ++i) sum += static_cast<int8_t>(row[i] ^ flip);
  return sum;
}
QCONVERT_VECTORIZE double SumOf(const float* row, size_t count, uint8_t) {
  constexpr size_t kLanes = 8;
  std::array<double, kLanes> sums{};
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) sums[lane] += static_cast<double>(row[i + lane]);
  }
  for (; i < count; ++i) sums[0] += static_cast<double>(row[i]);
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

/// Mean is what makes a T of a Sum.
template <typename T, typename Sum, typename Mean>
class MeanKernel : public Kernel {
 public:
  MeanKernel(MiddleAxis axes, Mean mean, Flips flips = {})
      : axes_(axes), mean_(mean), flips_(flips) {}

  std::string_view primitive() const override { return "mean"; }
  bool HonoursFlips() const override { return true; }
  size_t scratch_bytes() const override { return axes_.inner * sizeof(Sum); }

  void Run(const Buffers& buffers) const override {
    const auto* row = reinterpret_cast<const T*>(buffers.inputs[0]);
    auto* result = reinterpret_cast<T*>(buffers.outputs[0]);
    auto* sums = reinterpret_cast<Sum*>(buffers.scratch);
    if (axes_.inner == 1) {
      for (size_t outer = 0; outer < axes_.outer; ++outer, row += axes_.reduced) {
        *result++ = MeanOf(SumOf(row, axes_.reduced, flips_.input));
      }
      return;
    }
    for (size_t outer = 0; outer < axes_.outer; ++outer, result += axes_.inner) {
      std::fill_n(sums, axes_.inner, Sum{0});
      for (size_t r = 0; r < axes_.reduced; ++r, row += axes_.inner) {
        AddRow(row, axes_.inner, flips_.input, sums);
      }
      std::transform(sums, sums + axes_.inner, result, [this](Sum sum) { return MeanOf(sum); });
    }
  }

 private:
  T MeanOf(Sum sum) const {
    if constexpr (std::is_integral_v<T>) {
      return static_cast<T>(mean_(sum) ^ flips_.output);
    } else {
      return mean_(sum);
    }
  }

  MiddleAxis axes_;
  Mean mean_;
  Flips flips_;
};

/// The plain quotient, in double.
struct RealMean {
  double count;
  float operator()(double sum) const { return static_cast<float>(sum / count); }
};

/// LiteRT folds the count into the multiplier: (m 2^k / n) 2^-k with 2^k <= n < 2^(k+1).
FixedMultiplier DivideMultiplier(FixedMultiplier by, int64_t count) {
  const int log2 = 63 - std::countl_zero(static_cast<uint64_t>(count));
  const int shift = std::min({log2, 32, 31 + by.shift});
  return {static_cast<int32_t>((static_cast<int64_t>(by.m) << shift) / count), by.shift - shift};
}

}  // namespace

template <typename T>
IntegerMean<T>::IntegerMean(AffineParams operand, AffineParams result, int64_t count)
    : multiplier_(DivideMultiplier(QuantizeMultiplier(static_cast<double>(operand.scale) /
                                                      static_cast<double>(result.scale)),
                                   count)),
      operand_zero_(static_cast<int32_t>(operand.zero_point * count)),
      result_zero_(result.zero_point) {}

template <typename T>
T IntegerMean<T>::operator()(int32_t sum) const {
  const int32_t steps = Multiply(sum - operand_zero_, multiplier_) + result_zero_;
  return static_cast<T>(std::clamp(steps, kLimitsOf<T>.min, kLimitsOf<T>.max));
}

template class IntegerMean<int8_t>;
template class IntegerMean<int16_t>;

std::unique_ptr<Kernel> PrepareMean(const PrepareContext& context) {
  const Tensor &input = *context.inputs[0], &output = *context.outputs[0];
  const auto axes = MiddleOf(input.shape, context.node->As<Mean>()->axes);
  if (!axes || axes->reduced == 0) return nullptr;
  if (input.is_float()) {
    const RealMean mean{static_cast<double>(axes->reduced)};
    return std::make_unique<MeanKernel<float, double, RealMean>>(*axes, mean);
  }
  if (!IsInt8PerLayer(input) || !IsInt8PerLayer(output)) return nullptr;
  const IntegerMean<int8_t> mean({input.quant->scale(), input.quant->zero_point()},
                                 {output.quant->scale(), output.quant->zero_point()},
                                 static_cast<int64_t>(axes->reduced));
  return std::make_unique<MeanKernel<int8_t, int32_t, IntegerMean<int8_t>>>(
      *axes, mean, Flips{context.InputFlip(0), context.OutputFlip(0)});
}

}  // namespace qconvert
