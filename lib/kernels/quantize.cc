#include <cmath>
#include <limits>

#include "lib/kernels/elementwise.h"
#include "lib/kernels/layer_params.h"
#include "lib/kernels/split_range.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/quantize.cc"
#include <hwy/foreach_target.h>
// foreach_target must come before highway.
#include <hwy/highway.h>

#ifndef QCONVERT_QUANTIZED_ROW  // this file includes itself, once for each target
#define QCONVERT_QUANTIZED_ROW
namespace qconvert {
namespace {

// What the integers of a row mean, and what their bytes are XORed with.
struct QuantizedRow {
  AffineParams params;
  uint8_t flip;

  /// Returns 1 / scale; NaN where that is not a normal number.
  float Reciprocal() const {
    const float reciprocal = 1 / params.scale;
    return std::isnormal(reciprocal) ? reciprocal : std::numeric_limits<float>::quiet_NaN();
  }
};

}  // namespace
}  // namespace qconvert
#endif

HWY_BEFORE_NAMESPACE();
namespace qconvert {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The nearest integer, halves away from zero; the fraction is exact.
template <class D, class V>
V RoundHalfAway(D d, V x) {
  const V whole = hn::Trunc(x);
  const V one = hn::CopySign(hn::Set(d, 1.0F), x);
  const auto up = hn::Ge(hn::Abs(hn::Sub(x, whole)), hn::Set(d, 0.5F));
  return hn::Add(whole, hn::IfThenElseZero(up, one));
}

// x / scale rounded. The product with 1 / scale is much faster, and differs by less than 2^-22 of
// its size. Below 2^9 it rounds to the same unless it lies within 2^-13 of a half; larger ones
// saturate. NaN takes the slow way.
template <class D, class V>
V Steps(D d, V x, float scale, float reciprocal) {
  const V steps = hn::Mul(x, hn::Set(d, reciprocal));
  const V rounded = hn::Round(steps);
  const V from_half = hn::Sub(hn::Set(d, 0.5F), hn::Abs(hn::Sub(steps, rounded)));
  const bool clear = hn::AllTrue(d, hn::Gt(from_half, hn::Set(d, 0x1p-13F)));
  if (HWY_LIKELY(clear)) return rounded;
  return RoundHalfAway(d, hn::Div(x, hn::Set(d, scale)));
}

template <class D>
size_t QuantizeVectors(D d, const float* from, size_t count, const QuantizedRow& row, int8_t* to,
                       size_t i) {
  const hn::Rebind<int8_t, D> d8;
  const size_t lanes = hn::Lanes(d);
  const float scale = row.params.scale, reciprocal = row.Reciprocal();
  const auto zero_point = hn::Set(d, static_cast<float>(row.params.zero_point));
  const auto flip = hn::Set(d8, static_cast<int8_t>(row.flip));
  for (; i + lanes <= count; i += lanes) {
    const auto steps = Steps(d, hn::LoadU(d, from + i), scale, reciprocal);
    const auto shifted = hn::Add(steps, zero_point);
    const auto clamped = hn::Min(hn::Max(shifted, hn::Set(d, -128.0F)), hn::Set(d, 127.0F));
    hn::StoreU(hn::Xor(hn::DemoteTo(d8, hn::NearestInt(clamped)), flip), d8, to + i);
  }
  return i;
}

template <class D>
size_t DequantizeVectors(D d, const int8_t* from, size_t count, const QuantizedRow& row, float* to,
                         size_t i) {
  const hn::Rebind<int8_t, D> d8;
  const hn::RebindToSigned<D> d32;
  const size_t lanes = hn::Lanes(d);
  const auto flip = hn::Set(d8, static_cast<int8_t>(row.flip));
  for (; i + lanes <= count; i += lanes) {
    const auto q = hn::PromoteTo(d32, hn::Xor(hn::LoadU(d8, from + i), flip));
    const auto steps = hn::Sub(q, hn::Set(d32, row.params.zero_point));
    hn::StoreU(hn::Mul(hn::ConvertTo(d, steps), hn::Set(d, row.params.scale)), d, to + i);
  }
  return i;
}

void QuantizeRow(const float* from, size_t count, const QuantizedRow& row, int8_t* to) {
  const size_t done = QuantizeVectors(hn::ScalableTag<float>(), from, count, row, to, 0);
  QuantizeVectors(hn::CappedTag<float, 1>(), from, count, row, to, done);
}

void DequantizeRow(const int8_t* from, size_t count, const QuantizedRow& row, float* to) {
  const size_t done = DequantizeVectors(hn::ScalableTag<float>(), from, count, row, to, 0);
  DequantizeVectors(hn::CappedTag<float, 1>(), from, count, row, to, done);
}

}  // namespace HWY_NAMESPACE
}  // namespace qconvert
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qconvert {
namespace {

HWY_EXPORT(QuantizeRow);
HWY_EXPORT(DequantizeRow);

class QuantizeKernel : public Kernel {
 public:
  QuantizeKernel(size_t elements, QuantizedRow row) : elements_(elements), row_(row) {}

  std::string_view primitive() const override { return "quantize:s8"; }
  bool HonoursFlips() const override { return true; }

  void Run(const Buffers& buffers) const override {
    const auto* from = reinterpret_cast<const float*>(buffers.inputs[0]);
    auto* to = reinterpret_cast<int8_t*>(buffers.outputs[0]);
    SplitRange(buffers, elements_, [&](size_t first, size_t count) {
      HWY_DYNAMIC_DISPATCH(QuantizeRow)(from + first, count, row_, to + first);
    });
  }

 private:
  size_t elements_;
  QuantizedRow row_;
};

class DequantizeKernel : public Kernel {
 public:
  DequantizeKernel(size_t elements, QuantizedRow row) : elements_(elements), row_(row) {}

  std::string_view primitive() const override { return "dequantize:s8"; }
  bool HonoursFlips() const override { return true; }

  void Run(const Buffers& buffers) const override {
    const auto* from = reinterpret_cast<const int8_t*>(buffers.inputs[0]);
    auto* to = reinterpret_cast<float*>(buffers.outputs[0]);
    SplitRange(buffers, elements_, [&](size_t first, size_t count) {
      HWY_DYNAMIC_DISPATCH(DequantizeRow)(from + first, count, row_, to + first);
    });
  }

 private:
  size_t elements_;
  QuantizedRow row_;
};

}  // namespace

std::unique_ptr<Kernel> PrepareQuantize(const PrepareContext& context) {
  const Tensor& result = *context.outputs[0];
  if (!IsInt8PerLayer(result) || !context.inputs[0]->is_float()) return nullptr;
  const QuantizedRow row{{result.quant->scale(), result.quant->zero_point()},
                         context.OutputFlip(0)};
  return std::make_unique<QuantizeKernel>(static_cast<size_t>(result.elements()), row);
}

std::unique_ptr<Kernel> PrepareDequantize(const PrepareContext& context) {
  const Tensor& input = *context.inputs[0];
  if (!IsInt8PerLayer(input) || !context.outputs[0]->is_float()) return nullptr;
  const QuantizedRow row{{input.quant->scale(), input.quant->zero_point()}, context.InputFlip(0)};
  return std::make_unique<DequantizeKernel>(static_cast<size_t>(input.elements()), row);
}

}  // namespace qconvert
#endif  // HWY_ONCE
