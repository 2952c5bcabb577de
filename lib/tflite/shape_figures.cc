// Figures of shapes, windows and axes that targets set limits to.
#include <algorithm>

#include "lib/tflite/node_view.h"

namespace qconvert {
namespace {

/// Of operands and results that are computed.
Numbers Rank(const NodeView& v) {
  Numbers ranks;
  for (const Tensor* tensor : v.Tensors()) {
    if (!tensor->is_constant()) ranks.push_back(static_cast<double>(tensor->rank()));
  }
  return ranks;
}

/// Of a convolution or a pool, height first.
Numbers Kernel(const NodeView& v) {
  const Numbers height = v.Attribute("filter_h"), width = v.Attribute("filter_w");
  if (!height.empty()) return {height.front(), width.front()};
  if (v.Second() == nullptr || v.Attribute("stride_h").empty()) return {};
  const Shape& shape = v.Second()->shape;  // [O, KH, KW, I]
  return {static_cast<double>(shape[1]), static_cast<double>(shape[2])};
}

Numbers KernelHeight(const NodeView& v) {
  const Numbers kernel = Kernel(v);
  return kernel.empty() ? kernel : Numbers{kernel[0]};
}

Numbers KernelArea(const NodeView& v) {
  const Numbers kernel = Kernel(v);
  return kernel.empty() ? kernel : Numbers{kernel[0] * kernel[1]};
}

Numbers StridePerKernel(const NodeView& v) {
  const Numbers kernel = Kernel(v);
  if (kernel.empty()) return kernel;
  return {v.Attribute("stride_h").front() / kernel[0], v.Attribute("stride_w").front() / kernel[1]};
}

Numbers StrideRatio(const NodeView& v) {
  const Numbers height = v.Attribute("stride_h"), width = v.Attribute("stride_w");
  return height.empty() ? height : Numbers{width.front() / height.front()};
}

Numbers Batch(const NodeView& v) {
  double batch = 1;
  const Shape shape = v.Spatial();
  for (size_t i = 0; i + 3 < shape.size(); ++i) batch *= static_cast<double>(shape[i]);
  return {batch};
}

Numbers Depth(const NodeView& v) { return {static_cast<double>(v.Spatial().back())}; }

Numbers Plane(const NodeView& v) {
  const Shape shape = v.Spatial();
  return {static_cast<double>(shape[shape.size() - 3] * shape[shape.size() - 2])};
}

Numbers AxisSize(const NodeView& v) { return {v.operand().shape.begin(), v.operand().shape.end()}; }

/// 1 for the last axis.
Numbers AxisFromEnd(const NodeView& v) {
  Numbers axis = v.Attribute("axis");
  for (double& value : axis) value = static_cast<double>(v.operand().rank()) - value;
  return axis;
}

Numbers ReducedAxis(const NodeView& v) {
  Numbers sizes = v.Attribute("axes");
  for (double& size : sizes) {
    size = static_cast<double>(v.operand().shape[static_cast<size_t>(size)]);
  }
  return sizes;
}

Numbers ReducedElements(const NodeView& v) {
  double elements = 1;
  const Numbers sizes = ReducedAxis(v);
  for (double size : sizes) elements *= size;
  return sizes.empty() ? sizes : Numbers{elements};
}

/// The smallest of height, width and depth, where the depth is reduced.
Numbers ShortestSide(const NodeView& v) {
  const Numbers axes = v.Attribute("axes");
  const auto depth = static_cast<double>(v.operand().rank()) - 1;
  if (std::ranges::find(axes, depth) == axes.end()) return {};
  const Shape shape = v.Spatial();
  return {static_cast<double>(*std::min_element(shape.end() - 3, shape.end()))};
}

/// Result over operand: height, then width.
Numbers Upscale(const NodeView& v) {
  if (v.Attribute("output_h").empty()) return {};
  const Numbers corners = v.Attribute("align_corners");
  const double off = corners.empty() ? 0 : corners.front();
  Numbers factors;
  for (size_t axis : {1, 2}) {
    const auto before = static_cast<double>(v.operand().shape[axis]);
    const auto after = static_cast<double>(v.result().shape[axis]);
    factors.push_back(before == off ? after : (after - off) / (before - off));
  }
  return factors;
}

Numbers UpscaleRatio(const NodeView& v) {
  const Numbers factors = Upscale(v);
  return factors.empty() ? factors : Numbers{factors[1] / factors[0]};
}

/// Strides of a slice along other axes than height and width.
Numbers StrideOffPlane(const NodeView& v) {
  Numbers off;
  const Numbers strides = v.Attribute("stride");
  for (size_t i = 0; i < strides.size(); ++i) {
    const size_t from_end = strides.size() - i;
    if (from_end != 2 && from_end != 3) off.push_back(strides[i]);
  }
  return off;
}

constexpr Figure kShapeFigures[] = {
    {"rank", "rank", Rank},
    {"kernel", "kernel size", Kernel},
    {"kernel_height", "kernel height", KernelHeight},
    {"kernel_area", "kernel area", KernelArea},
    {"stride_per_kernel", "stride over kernel size", StridePerKernel},
    {"stride_ratio", "horizontal over vertical stride", StrideRatio},
    {"batch", "batch size", Batch},
    {"depth", "number of channels", Depth},
    {"plane", "height times width", Plane},
    {"axis_size", "axis size", AxisSize},
    {"axis_from_end", "axis from the end", AxisFromEnd},
    {"reduced_axis", "size of a reduced axis", ReducedAxis},
    {"reduced_elements", "number of reduced elements", ReducedElements},
    {"shortest_side", "smallest of height, width and channels", ShortestSide},
    {"upscale", "enlargement", Upscale},
    {"upscale_ratio", "horizontal over vertical enlargement", UpscaleRatio},
    {"stride_off_plane", "stride along batch or channels", StrideOffPlane},
};

}  // namespace

std::span<const Figure> ShapeFigures() { return kShapeFigures; }

}  // namespace qconvert
