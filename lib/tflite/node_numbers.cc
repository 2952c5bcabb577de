#include "lib/tflite/node_numbers.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "lib/graph/attributes.h"
#include "lib/ops/op.h"

namespace qconvert {
namespace {

using Numbers = std::vector<double>;

/// Collects the values of the attributes of one name; without a name the names themselves.
class AttributeReader {
 public:
  explicit AttributeReader(std::string_view name) : name_(name) {}

  template <typename T>
  void operator()(std::string_view name, const T& value) {
    if constexpr (std::is_arithmetic_v<T>) {
      Take(name, static_cast<double>(value));
    }
  }
  template <typename T>
  void operator()(std::string_view name, const std::vector<T>& values) {
    known_ = known_ || name == name_;
    for (const T& value : values) Take(name, static_cast<double>(value));
  }
  void operator()(std::string_view, const Window& window) {
    Take("stride_h", window.stride_h);
    Take("stride_w", window.stride_w);
    Take("dilation_h", window.dilation_h);
    Take("dilation_w", window.dilation_w);
    for (int pad : {window.pad_top, window.pad_left, window.pad_bottom, window.pad_right}) {
      Take("padding", pad);
    }
  }

  const Numbers& numbers() const { return numbers_; }
  bool known() const { return known_; }

 private:
  void Take(std::string_view name, double value) {
    if (name != name_) return;
    known_ = true;
    numbers_.push_back(value);
  }

  std::string_view name_;
  Numbers numbers_;
  bool known_ = false;
};

template <size_t... I>
bool IsAttribute(std::string_view name, std::index_sequence<I...>) {
  AttributeReader reader(name);
  (VisitAttributes(std::variant_alternative_t<I, OperatorKinds>{}, std::ref(reader)), ...);
  return reader.known();
}

/// A node with its tensors.
class NodeView {
 public:
  NodeView(const Graph& graph, const Node& node) : graph_(graph), node_(node) {
    for (TensorId id : node.inputs()) {
      if (id != kNoTensor) operands_.push_back(&graph.tensor(id));
    }
    for (TensorId id : node.outputs()) results_.push_back(&graph.tensor(id));
  }

  const Node& node() const { return node_; }
  const std::vector<const Tensor*>& operands() const { return operands_; }
  const std::vector<const Tensor*>& results() const { return results_; }
  const Tensor& operand() const { return *operands_.front(); }
  const Tensor& result() const { return *results_.front(); }

  /// Returns the second operand, such as weights; null where there is none.
  const Tensor* Second() const { return operands_.size() > 1 ? operands_[1] : nullptr; }

  /// Returns the shape of the first operand with three axes at least: height, width and depth are
  /// the last ones.
  Shape Spatial() const {
    Shape shape = operand().shape;
    if (shape.size() < 3) shape.insert(shape.begin(), 3 - shape.size(), 1);
    return shape;
  }

  /// Returns whether an operand is known before the network runs: a constant, or one of 8-bit or
  /// half-precision numbers that becomes float first.
  bool IsKnown(TensorId id) const {
    if (graph_.tensor(id).is_constant()) return true;
    const Node* producer = graph_.Producer(id);
    if (producer == nullptr || !producer->Is<Dequantize>()) return false;
    const Tensor& stored = graph_.tensor(producer->input(0));
    return stored.is_constant() && stored.type != ElementType::kInt4;
  }

 private:
  const Graph& graph_;
  const Node& node_;
  std::vector<const Tensor*> operands_, results_;
};

Numbers Attribute(std::string_view name, const NodeView& view) {
  AttributeReader reader(name);
  const auto visit = [&](const auto& kind) { VisitAttributes(kind, std::ref(reader)); };
  std::visit(visit, static_cast<const OperatorKinds&>(view.node().op));
  return reader.numbers();
}

Numbers Operands(const NodeView& v) { return {static_cast<double>(v.operands().size())}; }
Numbers Results(const NodeView& v) { return {static_cast<double>(v.results().size())}; }

/// Of operands and results that are computed.
Numbers Rank(const NodeView& v) {
  Numbers ranks;
  for (const auto* tensors : {&v.operands(), &v.results()}) {
    for (const Tensor* tensor : *tensors) {
      if (!tensor->is_constant()) ranks.push_back(static_cast<double>(tensor->rank()));
    }
  }
  return ranks;
}

Numbers ComputedOperands(const NodeView& v) {
  const auto& ids = v.node().inputs();
  const auto computed = [&](TensorId id) { return id != kNoTensor && !v.IsKnown(id); };
  return {static_cast<double>(std::ranges::count_if(ids, computed))};
}

Numbers ScalesPerOperand(const NodeView& v) {
  Numbers scales;
  for (const Tensor* tensor : v.operands()) {
    if (tensor->quant) scales.push_back(static_cast<double>(tensor->quant->scales.size()));
  }
  return scales;
}

Numbers SecondZeroPoint(const NodeView& v) {
  const Tensor* second = v.Second();
  if (second == nullptr || !second->quant) return {};
  return {second->quant->zero_points.begin(), second->quant->zero_points.end()};
}

/// The largest sum of the sizes of one channel's 8-bit weights.
Numbers WeightSum(const NodeView& v) {
  const Tensor* weights = v.Second();
  if (weights == nullptr || !weights->is_constant()) return {};
  if (weights->type != ElementType::kInt8) return {};
  const auto values = weights->Values<int8_t>();
  const bool last = v.node().Is<DepthwiseConv2D>();
  const auto channels = static_cast<size_t>(last ? weights->shape.back() : weights->shape.front());
  const size_t per_channel = channels == 0 ? 0 : values.size() / channels;
  std::vector<double> sums(channels);
  for (size_t i = 0; i < values.size(); ++i) {
    sums[last ? i % channels : i / per_channel] += std::abs(int{values[i]});
  }
  return sums.empty() ? sums : Numbers{*std::ranges::max_element(sums)};
}

/// Of a convolution or a pool, height first.
Numbers Kernel(const NodeView& v) {
  const Numbers height = Attribute("filter_h", v), width = Attribute("filter_w", v);
  if (!height.empty()) return {height.front(), width.front()};
  if (v.Second() == nullptr || Attribute("stride_h", v).empty()) return {};
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
  return {Attribute("stride_h", v).front() / kernel[0],
          Attribute("stride_w", v).front() / kernel[1]};
}
Numbers StrideRatio(const NodeView& v) {
  const Numbers height = Attribute("stride_h", v), width = Attribute("stride_w", v);
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
  Numbers axis = Attribute("axis", v);
  for (double& value : axis) value = static_cast<double>(v.operand().rank()) - value;
  return axis;
}

/// The factors by which steps of operands are longer than those of the result, where both are
/// quantized.
Numbers ScaleRatio(const NodeView& v) {
  Numbers ratios;
  if (!v.result().quant) return ratios;
  for (const Tensor* tensor : v.operands()) {
    if (!tensor->quant || tensor->type != v.result().type) continue;
    ratios.push_back(double{tensor->quant->scale()} / double{v.result().quant->scale()});
  }
  return ratios;
}

Numbers ScaleProductRatio(const NodeView& v) {
  const Numbers ratios = ScaleRatio(v);
  if (ratios.size() != 2) return {};
  return {ratios[0] * ratios[1] * double{v.result().quant->scale()}};
}

/// How much of the operand's slope a negative value has, in steps of the result.
Numbers AlphaRatio(const NodeView& v) {
  const Numbers ratios = ScaleRatio(v), alpha = Attribute("alpha", v);
  if (ratios.empty() || alpha.empty()) return {};
  return {std::abs(alpha.front()) * ratios.front()};
}

/// Operands and results that are quantized in another way than the first result.
Numbers OtherGrids(const NodeView& v) {
  double others = 0;
  for (const auto* tensors : {&v.operands(), &v.results()}) {
    for (const Tensor* tensor : *tensors) {
      if (tensor->type == v.result().type && tensor->quant != v.result().quant) ++others;
    }
  }
  return {others};
}

Numbers ReducedAxis(const NodeView& v) {
  Numbers sizes = Attribute("axes", v);
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
  const Numbers axes = Attribute("axes", v);
  const auto depth = static_cast<double>(v.operand().rank()) - 1;
  if (std::ranges::find(axes, depth) == axes.end()) return {};
  const Shape shape = v.Spatial();
  return {static_cast<double>(*std::min_element(shape.end() - 3, shape.end()))};
}

/// Result over operand: height, then width.
Numbers Upscale(const NodeView& v) {
  if (Attribute("output_h", v).empty()) return {};
  const Numbers corners = Attribute("align_corners", v);
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
  const Numbers strides = Attribute("stride", v);
  for (size_t i = 0; i < strides.size(); ++i) {
    const size_t from_end = strides.size() - i;
    if (from_end != 2 && from_end != 3) off.push_back(strides[i]);
  }
  return off;
}

struct Figure {
  std::string_view name;
  Numbers (*of)(const NodeView&);
};
constexpr Figure kFigures[] = {{"operands", Operands},
                               {"results", Results},
                               {"rank", Rank},
                               {"computed_operands", ComputedOperands},
                               {"scales_per_operand", ScalesPerOperand},
                               {"second_zero_point", SecondZeroPoint},
                               {"weight_sum", WeightSum},
                               {"kernel", Kernel},
                               {"kernel_height", KernelHeight},
                               {"kernel_area", KernelArea},
                               {"stride_per_kernel", StridePerKernel},
                               {"stride_ratio", StrideRatio},
                               {"batch", Batch},
                               {"depth", Depth},
                               {"plane", Plane},
                               {"axis_size", AxisSize},
                               {"axis_from_end", AxisFromEnd},
                               {"scale_ratio", ScaleRatio},
                               {"scale_product_ratio", ScaleProductRatio},
                               {"alpha_ratio", AlphaRatio},
                               {"other_grids", OtherGrids},
                               {"reduced_axis", ReducedAxis},
                               {"reduced_elements", ReducedElements},
                               {"shortest_side", ShortestSide},
                               {"upscale", Upscale},
                               {"upscale_ratio", UpscaleRatio},
                               {"stride_off_plane", StrideOffPlane}};

const Figure* FindFigure(std::string_view name) {
  const auto* found = std::ranges::find(kFigures, name, &Figure::name);
  return found == std::end(kFigures) ? nullptr : found;
}

}  // namespace

bool IsNodeNumber(std::string_view name) {
  return FindFigure(name) != nullptr ||
         IsAttribute(name, std::make_index_sequence<kOperatorCount>());
}

std::vector<double> NodeNumbers(std::string_view name, const Graph& graph, const Node& node) {
  const NodeView view(graph, node);
  const Figure* figure = FindFigure(name);
  return figure == nullptr ? Attribute(name, view) : figure->of(view);
}

}  // namespace qconvert
