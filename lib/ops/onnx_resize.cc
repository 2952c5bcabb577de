#include "lib/ops/onnx_resize.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "lib/base/error.h"
#include "lib/ops/resampling.h"

namespace qconvert {
namespace {

constexpr int64_t kMostPixels = 1 << 24;  // of an axis: float32 holds every whole number up to here

bool IsOld(const OnnxNode& onnx) { return onnx.op_type() == "Upsample" || onnx.opset() < 11; }

Resampling ReadResampling(const OnnxNode& onnx) {
  Resampling resampling;
  resampling.mode = onnx.String("mode", "nearest");
  if (resampling.mode == "bilinear") resampling.mode = "linear";
  resampling.transform = onnx.String("coordinate_transformation_mode", "half_pixel");
  resampling.rounding = onnx.String("nearest_mode", "round_prefer_floor");
  if (IsOld(onnx)) resampling.transform = "asymmetric", resampling.rounding = "floor";
  resampling.cubic_a = onnx.Float("cubic_coeff_a", -0.75F);
  resampling.antialias = onnx.Int("antialias", 0) != 0;
  resampling.exclude_outside = onnx.Int("exclude_outside", 0) != 0;
  for (const char* mode : {"nearest", "linear", "cubic"}) {
    if (resampling.mode == mode) return resampling;
  }
  Fail(ErrorKind::kUnusable, "mode '" + resampling.mode + "'");
}

/// Returns the axes that scales, sizes and the region are given for: all unless they are listed.
std::vector<size_t> GivenAxes(const OnnxNode& onnx) {
  const size_t rank = onnx.InputTensor(0).rank();
  std::vector<size_t> axes;
  for (int64_t axis : onnx.Ints("axes")) {
    axes.push_back(static_cast<size_t>(NormalizeAxis(axis, rank)));
  }
  for (size_t axis = 0; axes.size() < rank && !onnx.Has("axes"); ++axis) axes.push_back(axis);
  return axes;
}

void RequireCount(bool fits, const char* what) {
  if (!fits) Fail(ErrorKind::kUnusable, std::string(what) + " do not fit the operand");
}

/// Returns the one scale of all axes that keeps their proportions; nothing when each is stretched.
std::optional<double> CommonScale(const OnnxNode& onnx, const std::vector<int64_t>& sizes,
                                  const std::vector<size_t>& axes) {
  const std::string policy = onnx.String("keep_aspect_ratio_policy", "stretch");
  if (policy == "stretch") return std::nullopt;
  std::optional<double> common;
  for (size_t i = 0; i < axes.size(); ++i) {
    const double scale =
        static_cast<double>(sizes[i]) / static_cast<double>(onnx.InputTensor(0).shape[axes[i]]);
    const bool smaller = common && scale < *common;
    if (!common || smaller == (policy == "not_larger")) common = scale;
  }
  return common;
}

void ReadSizes(const OnnxNode& onnx, std::vector<ResampledAxis>& result) {
  const std::vector<size_t> axes = GivenAxes(onnx);
  const std::vector<int64_t> sizes = onnx.ConstantInts(3);
  RequireCount(sizes.size() == axes.size(), "sizes");
  const std::optional<double> common = CommonScale(onnx, sizes, axes);
  for (size_t i = 0; i < axes.size(); ++i) {
    ResampledAxis& axis = result[axes[i]];
    axis.out = common ? std::llround(*common * static_cast<double>(axis.in)) : sizes[i];
    axis.scale = common ? static_cast<float>(*common)
                        : static_cast<float>(axis.out) / static_cast<float>(axis.in);
  }
}

void ReadScales(const OnnxNode& onnx, std::vector<ResampledAxis>& result) {
  const std::vector<size_t> axes = GivenAxes(onnx);
  const size_t input = IsOld(onnx) ? 1 : 2;
  const std::vector<float> scales =
      onnx.HasInput(input) ? onnx.ConstantFloats(input) : onnx.Floats("scales");
  RequireCount(scales.size() == axes.size(), "scales");
  for (size_t i = 0; i < axes.size(); ++i) {
    ResampledAxis& axis = result[axes[i]];
    const float size = scales[i] * static_cast<float>(axis.in);
    if (!(size > 0 && size < kMostPixels)) Fail(ErrorKind::kUnusable, "an absurd scale");
    axis.scale = scales[i];
    axis.out = static_cast<int64_t>(size);
  }
}

void ReadRegion(const OnnxNode& onnx, std::vector<ResampledAxis>& result) {
  const std::vector<size_t> axes = GivenAxes(onnx);
  const std::vector<float> region = onnx.ConstantFloats(1);
  RequireCount(region.size() == 2 * axes.size(), "roi");
  for (size_t i = 0; i < axes.size(); ++i) {
    result[axes[i]].roi_begin = region[i];
    result[axes[i]].roi_end = region[axes.size() + i];
  }
}

std::vector<ResampledAxis> ReadAxes(const OnnxNode& onnx, const Resampling& resampling) {
  std::vector<ResampledAxis> axes;
  for (int64_t dim : onnx.InputTensor(0).shape) axes.push_back({.in = dim, .out = dim});
  const bool sized = onnx.HasInput(3) && onnx.InputTensor(3).elements() > 0;
  sized ? ReadSizes(onnx, axes) : ReadScales(onnx, axes);
  if (resampling.transform == "tf_crop_and_resize") ReadRegion(onnx, axes);
  for (const ResampledAxis& axis : axes) {
    const bool sane = axis.in > 0 && axis.out > 0 && axis.out <= kMostPixels;
    if (!sane) {
      Fail(ErrorKind::kUnusable,
           "it makes " + std::to_string(axis.in) + " pixels " + std::to_string(axis.out));
    }
  }
  return axes;
}

bool IsResized(const ResampledAxis& axis) {
  return axis.out != axis.in || axis.scale != 1 || axis.roi_begin != 0 || axis.roi_end != 1;
}

/// Returns whether the scale is the quotient of the sizes, which is all that TFLite knows.
bool IsWhole(const ResampledAxis& axis) {
  const double size = double{axis.scale} * static_cast<double>(axis.in);
  return std::abs(size - static_cast<double>(axis.out)) <= static_cast<double>(axis.out) * 0x1p-22;
}

bool IsIntegerUpscale(const ResampledAxis& axis) { return axis.out % axis.in == 0; }

/// Returns TFLite's resize of H and W where it computes the same.
std::optional<Operator> TfliteResize(const Resampling& resampling, const ResampledAxis& h,
                                     const ResampledAxis& w) {
  if (resampling.antialias || !IsWhole(h) || !IsWhole(w)) return std::nullopt;
  const std::string& transform = resampling.transform;
  const int height = static_cast<int>(h.out), width = static_cast<int>(w.out);
  const bool corners = transform == "align_corners", plain = transform == "asymmetric";
  const auto is_torch = [&](const ResampledAxis& axis) { return axis.out > 1 || axis.in == 1; };
  const bool half =
      transform == "half_pixel" ||
      (IsIntegerUpscale(h) && IsIntegerUpscale(w) && transform == "half_pixel_symmetric") ||
      (transform == "pytorch_half_pixel" && is_torch(h) && is_torch(w));
  if (resampling.mode == "linear") {
    if (!corners && !plain && !half) return std::nullopt;
    return ResizeBilinear{height, width, corners, half};
  }
  if (resampling.mode != "nearest") return std::nullopt;
  const bool prefers_ceil = resampling.rounding == "round_prefer_ceil";
  const bool no_ties =
      resampling.rounding == "round_prefer_floor" && IsIntegerUpscale(h) && IsIntegerUpscale(w);
  const bool fits = (plain && resampling.rounding == "floor") || (corners && prefers_ceil) ||
                    (half && (prefers_ceil || no_ties));
  if (!fits) return std::nullopt;
  return ResizeNearest{height, width, corners, half};
}

/// Emits a product with a matrix [out,in] along an axis.
TensorId EmitProduct(OnnxNode& onnx, TensorId x, size_t axis, const ResampledAxis& size,
                     std::vector<float> matrix) {
  Shape shape = onnx.tensor(x).shape;
  int64_t before = 1, after = 1;
  for (size_t i = 0; i < shape.size(); ++i) (i < axis ? before : after) *= i == axis ? 1 : shape[i];
  const TensorId weights = onnx.AddConstant(
      MakeConstantTensor(onnx.name() + "_weights", {size.out, size.in}, std::move(matrix)));
  shape[axis] = size.out;
  if (after == 1) {
    const TensorId rows = onnx.EmitReshape(x, {before, size.in});
    return onnx.EmitReshape(onnx.Emit(FullyConnected{}, {rows, weights}), std::move(shape));
  }
  const TensorId blocks = onnx.EmitReshape(x, {before, size.in, after});
  return onnx.EmitReshape(onnx.Emit(BatchMatMul{}, {weights, blocks}), std::move(shape));
}

TensorId EmitAxis(OnnxNode& onnx, TensorId x, size_t axis, const Resampling& resampling,
                  const ResampledAxis& size) {
  constexpr int64_t kMostWeights = 1 << 24;
  if (resampling.mode == "nearest" && resampling.transform != "tf_crop_and_resize") {
    const TensorId places = onnx.AddConstant(
        MakeConstantTensor(onnx.name() + "_places", {size.out}, NearestPlaces(resampling, size)));
    return onnx.Emit(Gather{static_cast<int>(axis)}, {x, places});
  }
  if (size.out * size.in > kMostWeights) onnx.Refuse("its matrix would have too many elements");
  return EmitProduct(onnx, x, axis, size, WeightMatrix(resampling, size));
}

/// Emits the sum with the value that stands for what lies outside.
///   order  axis i of `x` is axis order[i] of the operand
TensorId EmitOutside(OnnxNode& onnx, TensorId x, const Resampling& resampling,
                     const std::vector<ResampledAxis>& axes, const std::vector<size_t>& order) {
  const float value = onnx.Float("extrapolation_value", 0);
  std::vector<std::vector<bool>> outside;
  Shape shape;
  for (size_t axis : order) {
    const bool any = IsResized(axes[axis]);
    outside.push_back(any ? OutsideAxis(resampling, axes[axis]) : std::vector<bool>{false});
    shape.push_back(static_cast<int64_t>(outside.back().size()));
  }
  const std::vector<int64_t> strides = RowMajorStrides(shape);
  std::vector<float> values(static_cast<size_t>(NumElements(shape)), 0);
  for (size_t i = 0; i < values.size(); ++i) {
    for (size_t k = 0; k < shape.size(); ++k) {
      const auto at = static_cast<size_t>(static_cast<int64_t>(i) / strides[k] % shape[k]);
      if (outside[k][at]) values[i] = value;
    }
  }
  if (std::ranges::all_of(values, [](float v) { return v == 0; })) return x;
  return onnx.Emit(Add{}, {x, onnx.AddConstant(MakeConstantTensor(onnx.name() + "_outside", shape,
                                                                  std::move(values)))});
}

/// Emits one axis after the other.
TensorId EmitAxes(OnnxNode& onnx, TensorId x, const Resampling& resampling,
                  const std::vector<ResampledAxis>& axes, const std::vector<size_t>& order) {
  for (size_t i = 0; i < order.size(); ++i) {
    const ResampledAxis& axis = axes[order[i]];
    if (IsResized(axis)) x = EmitAxis(onnx, x, i, resampling, axis);
  }
  const bool crops = resampling.transform == "tf_crop_and_resize";
  return crops ? EmitOutside(onnx, x, resampling, axes, order) : x;
}

/// Images and signals are resized in TFLite's layout, where neighbours of the node are.
void ReadImage(OnnxNode& onnx, const Resampling& resampling, std::vector<ResampledAxis> axes) {
  if (axes.size() == 3) axes.insert(axes.begin() + 2, ResampledAxis{});
  const TensorId image = onnx.ToNhwc(onnx.Input(0));
  const std::optional<Operator> resize = TfliteResize(resampling, axes[2], axes[3]);
  const TensorId resized =
      resize ? onnx.Emit(*resize, {image}) : EmitAxes(onnx, image, resampling, axes, {0, 2, 3, 1});
  Shape shape = onnx.InputTensor(0).shape;
  shape.back() = axes[3].out;
  if (shape.size() == 4) shape[2] = axes[2].out;
  onnx.SetOutput(0, onnx.EmitReshape(onnx.ToNchw(resized), std::move(shape)));
}

}  // namespace

void ReadResize(OnnxNode& onnx) {
  const Resampling resampling = ReadResampling(onnx);
  const std::vector<ResampledAxis> axes = ReadAxes(onnx, resampling);
  const bool image =
      (axes.size() == 3 || axes.size() == 4) && !IsResized(axes[0]) && !IsResized(axes[1]);
  if (image) return ReadImage(onnx, resampling, axes);
  std::vector<size_t> order;
  for (size_t axis = 0; axis < axes.size(); ++axis) order.push_back(axis);
  onnx.SetOutput(0, EmitAxes(onnx, onnx.Input(0), resampling, axes, order));
}

}  // namespace qconvert
