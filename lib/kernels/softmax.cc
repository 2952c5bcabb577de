#include "lib/kernels/softmax.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "lib/base/vectorize.h"
#include "lib/kernels/layer_params.h"
#include "lib/kernels/lookup.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/softmax.cc"
#include <hwy/foreach_target.h>
// foreach_target must come before highway.
#include <hwy/highway.h>
// math needs highway.
#include <hwy/contrib/math/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace qconvert {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Rows of at least a vector's lanes end with a vector that overlaps the one before it. It is read
// before results are written, for they may lie where the operands did.

/// Returns the largest of a row.
template <class D>
float LargestOf(D d, const float* from, size_t count) {
  auto largest = hn::LoadU(d, from + count - hn::Lanes(d));
  for (size_t i = 0; i + hn::Lanes(d) <= count; i += hn::Lanes(d)) {
    largest = hn::Max(largest, hn::LoadU(d, from + i));
  }
  return hn::GetLane(hn::MaxOfLanes(d, largest));
}

/// exp((x - largest) * beta)
template <class D, class V>
HWY_INLINE V Exponential(D d, V x, float largest, float beta) {
  const V scaled = hn::Mul(hn::Sub(x, hn::Set(d, largest)), hn::Set(d, beta));
  return hn::IfThenElse(hn::IsNaN(scaled), scaled, hn::Exp(d, scaled));
}

/// Writes the exponentials of a row; returns their sum.
template <class D>
double Exponentials(D d, const float* from, size_t count, float largest, float beta, float* to) {
  const size_t lanes = hn::Lanes(d), rest = count % lanes;
  const auto end = Exponential(d, hn::LoadU(d, from + count - lanes), largest, beta);
  auto sums = hn::IfThenZeroElse(hn::FirstN(d, lanes - rest), end);
  double sum = 0;
  for (size_t i = 0, in_sums = 0; i + lanes <= count; i += lanes) {
    const auto y = Exponential(d, hn::LoadU(d, from + i), largest, beta);
    hn::StoreU(y, d, to + i);
    sums = hn::Add(sums, y);
    if (++in_sums < 64) continue;  // float sums stay short: their rounding does not grow
    sum += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, sums)));
    sums = hn::Zero(d);
    in_sums = 0;
  }
  hn::StoreU(end, d, to + count - lanes);
  return sum + static_cast<double>(hn::GetLane(hn::SumOfLanes(d, sums)));
}

template <class D>
void Scale(D d, float factor, size_t count, float* to) {
  const auto by = hn::Set(d, factor);
  const auto end = hn::Mul(hn::LoadU(d, to + count - hn::Lanes(d)), by);
  for (size_t i = 0; i + hn::Lanes(d) <= count; i += hn::Lanes(d)) {
    hn::StoreU(hn::Mul(hn::LoadU(d, to + i), by), d, to + i);
  }
  hn::StoreU(end, d, to + count - hn::Lanes(d));
}

template <class D>
void Softmax(D d, const float* from, size_t count, float beta, float* to) {
  const float largest = LargestOf(d, from, count);
  const double sum = Exponentials(d, from, count, largest, beta, to);
  Scale(d, static_cast<float>(1 / sum), count, to);
}

void SoftmaxRowFloat(const float* from, size_t count, float beta, float* to) {
  const hn::ScalableTag<float> d;
  if (count >= hn::Lanes(d)) return Softmax(d, from, count, beta, to);
  Softmax(hn::CappedTag<float, 1>(), from, count, beta, to);
}

}  // namespace HWY_NAMESPACE
}  // namespace qconvert
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qconvert {
namespace {

HWY_EXPORT(SoftmaxRowFloat);

constexpr int kRowsPerPart = 64;

/// Rows of a tensor, shared among threads.
class RowsKernel : public Kernel {
 public:
  explicit RowsKernel(const Tensor& tensor)
      : columns_(static_cast<size_t>(tensor.shape.back())),
        rows_(static_cast<size_t>(tensor.elements()) / columns_) {}

  void Run(const Buffers& buffers) const override {
    const auto parts = static_cast<int>((rows_ + kRowsPerPart - 1) / kRowsPerPart);
    buffers.Split(parts, [&](int part, std::byte*) {
      const size_t first = static_cast<size_t>(part) * kRowsPerPart;
      const size_t end = std::min(first + kRowsPerPart, rows_);
      for (size_t row = first; row < end; ++row) {
        RunRow(buffers.inputs[0], buffers.outputs[0], row * columns_);
      }
    });
  }

 protected:
  size_t columns() const { return columns_; }

 private:
  virtual void RunRow(const std::byte* input, std::byte* output, size_t at) const = 0;

  size_t columns_, rows_;
};

class SoftmaxFloat : public RowsKernel {
 public:
  SoftmaxFloat(const Tensor& tensor, float beta) : RowsKernel(tensor), beta_(beta) {}
  std::string_view primitive() const override { return "rows:f32"; }

 private:
  void RunRow(const std::byte* input, std::byte* output, size_t at) const override {
    HWY_DYNAMIC_DISPATCH(SoftmaxRowFloat)
    (reinterpret_cast<const float*>(input) + at, columns(), beta_,
     reinterpret_cast<float*>(output) + at);
  }

  float beta_;
};

/// The least and the largest of a row of bytes XOR `flip`.
struct Extremes {
  int least = 255, largest = 0;
};
QCONVERT_VECTORIZE Extremes ExtremesOf(const uint8_t* row, size_t count, uint8_t flip) {
  uint8_t least = 255, largest = 0;
  for (size_t i = 0; i < count; ++i) {
    const auto value = static_cast<uint8_t>(row[i] ^ flip);
    least = std::min(least, value);
    largest = std::max(largest, value);
  }
  return {least, largest};
}

/// Rounds to whole steps, at most 255.
QCONVERT_VECTORIZE void RoundSteps(const float* exponentials, size_t count, float steps,
                                   uint8_t flip, uint8_t* results) {
  for (size_t i = 0; i < count; ++i) {
    const float rounded = std::min(std::nearbyint(exponentials[i] * steps), 255.0F);
    results[i] = static_cast<uint8_t>(static_cast<int32_t>(rounded) ^ flip);
  }
}

class SoftmaxInt8 : public RowsKernel {
 public:
  explicit SoftmaxInt8(const PrepareContext& context)
      : RowsKernel(*context.inputs[0]),
        input_flip_(context.InputFlip(0) ^ kSignFlip),
        output_flip_(context.OutputFlip(0) ^ kSignFlip) {
    const float step = context.inputs[0]->quant->scale() * context.node->As<Softmax>()->beta;
    for (size_t below = 0; below < exponentials_.size(); ++below) {
      exponentials_[kLargest - below] = std::exp(-static_cast<float>(below) * step);
    }
  }
  std::string_view primitive() const override { return "table:s8"; }
  bool HonoursFlips() const override { return true; }

 private:
  static constexpr size_t kLargest = 255;

  void RunRow(const std::byte* input, std::byte* output, size_t at) const override {
    const auto* from = reinterpret_cast<const uint8_t*>(input) + at;
    const auto [least, largest] = ExtremesOf(from, columns(), input_flip_);
    // Those of unsigned numbers, in a row that has this largest one.
    const float* exponentials = &exponentials_[kLargest - static_cast<size_t>(largest)];
    const float steps = 256 / Sum(from, exponentials);
    alignas(16) ByteTable results;
    RoundSteps(exponentials + least, static_cast<size_t>(largest - least + 1), steps, output_flip_,
               &results[static_cast<size_t>(least)]);
    LookUpBytes(results, input_flip_, from, columns(), reinterpret_cast<uint8_t*>(output) + at);
  }

  /// Returns the sum over a row, in several sums at once.
  float Sum(const uint8_t* from, const float* exponentials) const {
    constexpr size_t kSums = 8;
    std::array<float, kSums> sums{};
    size_t i = 0;
    for (; i + kSums <= columns(); i += kSums) {
      for (size_t k = 0; k < kSums; ++k) sums[k] += exponentials[from[i + k] ^ input_flip_];
    }
    for (; i < columns(); ++i) sums[0] += exponentials[from[i] ^ input_flip_];
    return std::accumulate(sums.begin(), sums.end(), 0.0F);
  }

  uint8_t input_flip_, output_flip_;     // make unsigned numbers of bytes, and bytes of them
  std::array<float, 256> exponentials_;  // the last of the largest number in a row
};

}  // namespace

std::unique_ptr<Kernel> PrepareSoftmaxFloat(const PrepareContext& context) {
  const Tensor& input = *context.inputs[0];
  if (input.elements() == 0) return nullptr;
  return std::make_unique<SoftmaxFloat>(input, context.node->As<Softmax>()->beta);
}

std::unique_ptr<Kernel> PrepareSoftmaxInt8(const PrepareContext& context) {
  const Tensor &input = *context.inputs[0], &output = *context.outputs[0];
  if (!IsInt8PerLayer(input) || !IsInt8PerLayer(output) || input.elements() == 0) return nullptr;
  if (*output.quant != PerLayer(1.0F / 256, -128)) return nullptr;
  return std::make_unique<SoftmaxInt8>(context);
}

}  // namespace qconvert
#endif  // HWY_ONCE
