// RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR.
#include <algorithm>
#include <cmath>
#include <type_traits>

#include "tflite_generated.h"
#include <flatbuffers/flatbuffers.h>

#include "lib/base/error.h"
#include "lib/ops/elementwise.h"
#include "lib/ops/gradient_loops.h"
#include "lib/ops/gradients.h"
#include "lib/ops/onnx_resize.h"
#include "lib/ops/records.h"

namespace qconvert {
namespace {

template <typename Kind>
void InferResize(const Node& node, std::span<const Tensor* const> inputs,
                 std::span<Tensor> outputs) {
  const Kind& resize = *node.As<Kind>();
  const Tensor& input = RequireInput(inputs, 0);
  if (input.rank() != 4 || resize.output_h < 1 || resize.output_w < 1 || input.elements() == 0) {
    Fail(ErrorKind::kUnusable, "cannot resize shape " + ToText(input.shape));
  }
  if constexpr (std::is_same_v<Kind, ResizeBilinear>) RequireReals(node, input);
  outputs[0].type = input.type;
  outputs[0].shape = {input.shape[0], resize.output_h, resize.output_w, input.shape[3]};
}

/// Where output place i of an axis lies in the input, before rounding or interpolation.
template <typename Kind>
float SourcePlace(const Kind& resize, int64_t i, int64_t in, int64_t out) {
  const bool corners = resize.align_corners && out > 1;
  const float scale = corners ? static_cast<float>(in - 1) / static_cast<float>(out - 1)
                              : static_cast<float>(in) / static_cast<float>(out);
  if (resize.half_pixel_centers) return (static_cast<float>(i) + 0.5F) * scale - 0.5F;
  return static_cast<float>(i) * scale;
}

struct Blend {
  int64_t low, high;
  float fraction;  // of `high`
};

Blend BlendAt(const ResizeBilinear& resize, int64_t i, int64_t in, int64_t out) {
  const float place = SourcePlace(resize, i, in, out);
  const auto low = std::max<int64_t>(static_cast<int64_t>(std::floor(place)), 0);
  const auto high = std::min<int64_t>(static_cast<int64_t>(std::ceil(place)), in - 1);
  return {std::min(low, in - 1), std::max<int64_t>(high, 0), place - static_cast<float>(low)};
}

/// Where the channels of the four pixels begin that a pixel of the result blends.
struct Corners {
  size_t low_low, low_high, high_low, high_high;  ///< row and column
};

/// Calls visit(to, corners, v, h) for each pixel of the result, whose channels begin at `to`:
/// blend_at(resize, place, in, out) says how its rows (v) and columns (h) are blended.
template <typename BlendFunction, typename Visit>
void ForEachBlend(const Node& node, const Shape& in, const Shape& out, BlendFunction blend_at,
                  Visit visit) {
  const ResizeBilinear& resize = *node.As<ResizeBilinear>();
  size_t to = 0;
  for (int64_t n = 0; n < out[0]; ++n) {
    const auto at = [&](int64_t row, int64_t column) {
      return static_cast<size_t>(((n * in[1] + row) * in[2] + column) * in[3]);
    };
    for (int64_t y = 0; y < out[1]; ++y) {
      const auto v = blend_at(resize, y, in[1], out[1]);
      for (int64_t x = 0; x < out[2]; ++x, to += static_cast<size_t>(in[3])) {
        const auto h = blend_at(resize, x, in[2], out[2]);
        visit(to,
              Corners{at(v.low, h.low), at(v.low, h.high), at(v.high, h.low), at(v.high, h.high)},
              v, h);
      }
    }
  }
}

void EvaluateBilinear(const Node& node, TensorViews inputs, TensorViews outputs) {
  if (inputs[0].type() != ElementType::kFloat32) FailOnType(node, inputs[0].type());
  const Shape &in = inputs[0].shape(), &out = outputs[0].shape();
  const float* source = inputs[0].Values<float>().data();
  float* target = outputs[0].Values<float>().data();
  ForEachBlend(node, in, out, BlendAt, [&](size_t to, const Corners& from, Blend v, Blend h) {
    const float *a = source + from.low_low, *b = source + from.low_high;
    const float *c = source + from.high_low, *d = source + from.high_high;
    for (int64_t k = 0; k < in[3]; ++k) {
      target[to++] = a[k] * (1 - v.fraction) * (1 - h.fraction) +
                     c[k] * v.fraction * (1 - h.fraction) + b[k] * (1 - v.fraction) * h.fraction +
                     d[k] * v.fraction * h.fraction;
    }
  });
}

/// Each pixel of the result gives the four it blends the parts of dL/dy that it took of them.
void BilinearBackward(const Node& node, const NodeGradients& gradients) {
  if (!Wants(gradients, 0)) return;
  const Shape &in = gradients.inputs[0].shape(), &out = gradients.outputs[0].shape();
  const float* by_y = gradients.by_outputs[0].data();
  float* by_x = gradients.by_inputs[0].data();
  ForEachBlend(node, in, out, BlendAt, [&](size_t to, const Corners& from, Blend v, Blend h) {
    for (size_t k = 0; k < static_cast<size_t>(in[3]); ++k) {
      const float top = by_y[to + k] * (1 - v.fraction), bottom = by_y[to + k] * v.fraction;
      by_x[from.low_low + k] += top * (1 - h.fraction);
      by_x[from.low_high + k] += top * h.fraction;
      by_x[from.high_low + k] += bottom * (1 - h.fraction);
      by_x[from.high_high + k] += bottom * h.fraction;
    }
  });
}

/// LiteRT's fixed-point place: 10 fractional bits.
struct FixedBlend {
  int64_t low, high, fraction;
};

FixedBlend FixedBlendAt(const ResizeBilinear& resize, int64_t i, int64_t in, int64_t out) {
  const bool corners = resize.align_corners && out > 1;
  const int64_t scale =
      corners ? (1024 * (in - 1) + (out - 1) / 2) / (out - 1) : (1024 * in + out / 2) / out;
  const int64_t place = i * scale + (resize.half_pixel_centers ? scale / 2 - 512 : 0);
  const int64_t low = std::max<int64_t>(place / 1024, 0);
  return {low, std::min((place + 1023) / 1024, in - 1), place - 1024 * low};
}

template <typename T>
void BilinearSteps(const Node& node, TensorViews inputs, TensorViews outputs) {
  const Shape &in = inputs[0].shape(), &out = outputs[0].shape();
  const T* source = inputs[0].Values<T>().data();
  T* target = outputs[0].Values<T>().data();
  const auto blend = [&](size_t to, const Corners& from, FixedBlend v, FixedBlend h) {
    const T *a = source + from.low_low, *b = source + from.low_high;
    const T *c = source + from.high_low, *d = source + from.high_high;
    for (int64_t k = 0; k < in[3]; ++k) {
      const int64_t sum = a[k] * (1024 - v.fraction) * (1024 - h.fraction) +
                          c[k] * v.fraction * (1024 - h.fraction) +
                          b[k] * (1024 - v.fraction) * h.fraction + d[k] * v.fraction * h.fraction;
      const int64_t half = int64_t{1} << 19;
      target[to++] = static_cast<T>((sum + (sum > 0 ? half : -half)) / (int64_t{1} << 20));
    }
  };
  ForEachBlend(node, in, out, FixedBlendAt, blend);
}

int64_t NearestPlace(const ResizeNearest& resize, int64_t i, int64_t in, int64_t out) {
  const bool corners = resize.align_corners && out > 1;
  const float scale = corners ? static_cast<float>(in - 1) / static_cast<float>(out - 1)
                              : static_cast<float>(in) / static_cast<float>(out);
  const float offset = resize.half_pixel_centers ? 0.5F : 0.0F;
  const float place = (static_cast<float>(i) + offset) * scale;
  const auto rounded =
      static_cast<int64_t>(resize.align_corners ? std::round(place) : std::floor(place));
  return std::clamp<int64_t>(rounded, 0, in - 1);
}

void EvaluateNearest(const Node& node, TensorViews inputs, TensorViews outputs) {
  const ResizeNearest& resize = *node.As<ResizeNearest>();
  const Shape &in = inputs[0].shape(), &out = outputs[0].shape();
  const size_t bytes = ElementBytes(inputs[0].type()) * static_cast<size_t>(in[3]);
  std::byte* target = outputs[0].bytes;
  for (int64_t n = 0; n < out[0]; ++n) {
    for (int64_t y = 0; y < out[1]; ++y) {
      const int64_t row = n * in[1] + NearestPlace(resize, y, in[1], out[1]);
      for (int64_t x = 0; x < out[2]; ++x, target += bytes) {
        const int64_t from = row * in[2] + NearestPlace(resize, x, in[2], out[2]);
        std::copy_n(inputs[0].bytes + static_cast<size_t>(from) * bytes, bytes, target);
      }
    }
  }
}

constexpr OnnxSpelling kResizeOnnx[] = {{"Resize", 10, ReadResize}, {"Upsample", 7, ReadResize}};

template <typename Kind>
int ResizeVersion(const TfliteWriteContext& context) {
  const Kind& resize = *context.node().As<Kind>();
  const bool corners = std::is_same_v<Kind, ResizeNearest> && resize.align_corners;
  if (context.Input(0).type == ElementType::kInt16) return 4;
  return resize.half_pixel_centers || corners ? 3 : Int8Version2(context);
}

template <typename Kind>
void InsertSize(TfliteWriteContext& context) {
  const Kind& resize = *context.node().As<Kind>();
  context.InsertConstant(1, {2}, {resize.output_h, resize.output_w});
}

void WriteBilinear(TfliteWriteContext& context) {
  const ResizeBilinear& resize = *context.node().As<ResizeBilinear>();
  auto& builder = *static_cast<flatbuffers::FlatBufferBuilder*>(context.builder());
  context.SetOptions(
      tflite::BuiltinOptions_ResizeBilinearOptions,
      tflite::CreateResizeBilinearOptions(builder, resize.align_corners, resize.half_pixel_centers)
          .o);
  InsertSize<ResizeBilinear>(context);
}

void WriteNearest(TfliteWriteContext& context) {
  const ResizeNearest& resize = *context.node().As<ResizeNearest>();
  auto& builder = *static_cast<flatbuffers::FlatBufferBuilder*>(context.builder());
  context.SetOptions(tflite::BuiltinOptions_ResizeNearestNeighborOptions,
                     tflite::CreateResizeNearestNeighborOptions(builder, resize.align_corners,
                                                                resize.half_pixel_centers)
                         .o);
  InsertSize<ResizeNearest>(context);
}

template <typename Kind, typename Options, int kType>
Operator ReadTfliteResize(TfliteReadContext& context) {
  const std::vector<int64_t> size = context.TakeInts(1);
  const auto* options = static_cast<const Options*>(context.Options(kType));
  if (size.size() != 2 || options == nullptr) context.Refuse("a damaged resize");
  return Kind{static_cast<int>(size[0]), static_cast<int>(size[1]), options->align_corners(),
              options->half_pixel_centers()};
}

}  // namespace

constinit const Op kResizeBilinear = {
    .name = ResizeBilinear::kName,
    .onnx = kResizeOnnx,
    .infer = InferResize<ResizeBilinear>,
    .evaluate = EvaluateBilinear,
    .backward = BilinearBackward,
    .quant = MovementRule(),
    .reference_int8 = BilinearSteps<int8_t>,
    .reference_int16 = BilinearSteps<int16_t>,
    .homogeneous = IsAlwaysHomogeneous,
    .tflite = {.code = tflite::BuiltinOperator_RESIZE_BILINEAR,
               .runtimes = "1.7.0 1.14.0 2.2.0 2.5.0",
               .version = ResizeVersion<ResizeBilinear>,
               .write = WriteBilinear,
               .read = ReadTfliteResize<ResizeBilinear, tflite::ResizeBilinearOptions,
                                        tflite::BuiltinOptions_ResizeBilinearOptions>}};

constinit const Op kResizeNearest = {
    .name = ResizeNearest::kName,
    .infer = InferResize<ResizeNearest>,
    .evaluate = EvaluateNearest,
    .backward = MovementBackward,
    .quant = MovementRule(),
    .reference_int8 = EvaluateNearest,
    .reference_int16 = EvaluateNearest,
    .homogeneous = IsAlwaysHomogeneous,
    .tflite = {.code = tflite::BuiltinOperator_RESIZE_NEAREST_NEIGHBOR,
               .runtimes = "1.13.1 1.14.0 2.3.0 2.4.0",
               .version = ResizeVersion<ResizeNearest>,
               .write = WriteNearest,
               .read = ReadTfliteResize<ResizeNearest, tflite::ResizeNearestNeighborOptions,
                                        tflite::BuiltinOptions_ResizeNearestNeighborOptions>}};

}  // namespace qconvert
