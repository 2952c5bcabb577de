#include "lib/graph/text.h"

#include <algorithm>
#include <array>
#include <vector>

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

namespace qconvert {
namespace {

constexpr int64_t kMostShownElements = 8;
constexpr std::array<std::string_view, 4> kActivationNames = {"none", "relu", "relu_n1_to_1",
                                                              "relu6"};

using Parts = std::vector<std::string>;

std::string_view AttributeText(ElementType type) { return ElementTypeName(type); }
std::string AttributeText(const std::vector<int>& values) {
  return fmt::format("[{}]", fmt::join(values, ","));
}
std::string AttributeText(const std::vector<int64_t>& values) {
  return fmt::format("[{}]", fmt::join(values, ","));
}
template <typename T>
T AttributeText(T value) {
  return value;
}

void AddWindow(const Window& window, Parts& parts) {
  if (window.stride_h != 1 || window.stride_w != 1) {
    parts.push_back(fmt::format("stride {}x{}", window.stride_h, window.stride_w));
  }
  if (window.dilation_h != 1 || window.dilation_w != 1) {
    parts.push_back(fmt::format("dilation {}x{}", window.dilation_h, window.dilation_w));
  }
  const std::array pads = {window.pad_top, window.pad_left, window.pad_bottom, window.pad_right};
  if (std::any_of(pads.begin(), pads.end(), [](int pad) { return pad != 0; })) {
    parts.push_back(fmt::format("pad {}", fmt::join(pads, ",")));
  }
}

/// Adds a line part for each member the attributes have; the order is that of the members' meaning,
/// not of any one struct.
template <typename T>
void AddAttributes(const T& a, Parts& parts) {
  const auto add = [&](std::string_view name, const auto& value) {
    parts.push_back(fmt::format("{} {}", name, AttributeText(value)));
  };
  const auto add_flag = [&](std::string_view name, bool set) {
    if (set) parts.emplace_back(name);
  };
  if constexpr (requires { a.filter_h; }) {
    parts.push_back(fmt::format("filter {}x{}", a.filter_h, a.filter_w));
  }
  if constexpr (requires { a.window; }) AddWindow(a.window, parts);
  if constexpr (requires { a.output_h; }) {
    parts.push_back(fmt::format("output {}x{}", a.output_h, a.output_w));
  }
  if constexpr (requires { a.axis; }) add("axis", a.axis);
  if constexpr (requires { a.axes; }) add("axes", a.axes);
  if constexpr (requires { a.keep_dims; }) add_flag("keep_dims", a.keep_dims);
  if constexpr (requires { a.perm; }) add("perm", a.perm);
  if constexpr (requires { a.before; }) add("before", a.before);
  if constexpr (requires { a.after; }) add("after", a.after);
  if constexpr (requires { a.value; }) add("value", a.value);
  if constexpr (requires { a.begin; }) add("begin", a.begin);
  if constexpr (requires { a.stride; }) add("stride", a.stride);
  if constexpr (requires { a.size; }) add("size", a.size);
  if constexpr (requires { a.sizes; }) add("sizes", a.sizes);
  if constexpr (requires { a.multiples; }) add("multiples", a.multiples);
  if constexpr (requires { a.min; }) add("min", a.min);
  if constexpr (requires { a.max; }) add("max", a.max);
  if constexpr (requires { a.alpha; }) add("alpha", a.alpha);
  if constexpr (requires { a.beta; }) add("beta", a.beta);
  if constexpr (requires { a.epsilon; }) add("epsilon", a.epsilon);
  if constexpr (requires { a.block; }) add("block", a.block);
  if constexpr (requires { a.index_type; }) add("index_type", a.index_type);
  if constexpr (requires { a.transpose_a; }) add_flag("transpose_a", a.transpose_a);
  if constexpr (requires { a.transpose_b; }) add_flag("transpose_b", a.transpose_b);
  if constexpr (requires { a.align_corners; }) add_flag("align_corners", a.align_corners);
  if constexpr (requires { a.half_pixel_centers; }) {
    add_flag("half_pixel_centers", a.half_pixel_centers);
  }
  if constexpr (requires { a.approximate; }) add_flag("approximate", a.approximate);
  if constexpr (requires { a.symmetric; }) add_flag("symmetric", a.symmetric);
  if constexpr (requires { a.activation; }) {
    if (a.activation != Activation::kNone) {
      parts.emplace_back(kActivationNames[static_cast<size_t>(a.activation)]);
    }
  }
}

std::string QuantText(const QuantParams& quant) {
  if (quant.per_channel()) return fmt::format(" per channel of axis {}", quant.axis);
  return fmt::format(" scale {} zero {}", quant.scale(), quant.zero_point());
}

std::string TypedName(const Tensor& tensor) {
  return fmt::format("{}: {}[{}]{}", tensor.name, ElementTypeName(tensor.type),
                     ToText(tensor.shape), tensor.quant ? QuantText(*tensor.quant) : "");
}

std::string ValuesText(const Tensor& tensor) {
  if (tensor.elements() > kMostShownElements) return "";
  switch (tensor.type) {
    case ElementType::kFloat32:
      return fmt::format(" = {}", fmt::join(tensor.Values<float>(), ", "));
    case ElementType::kInt32:
      return fmt::format(" = {}", fmt::join(tensor.Values<int32_t>(), ", "));
    case ElementType::kInt64:
      return fmt::format(" = {}", fmt::join(tensor.Values<int64_t>(), ", "));
    default:
      return "";
  }
}

}  // namespace

std::string ToText(const Graph& graph, const Node& node) {
  Parts results, operands, attributes;
  for (TensorId id : node.outputs()) results.push_back(TypedName(graph.tensor(id)));
  for (TensorId id : node.inputs()) {
    operands.push_back(id == kNoTensor ? "-" : graph.tensor(id).name);
  }
  std::visit([&](const auto& a) { AddAttributes(a, attributes); }, node.op);
  std::string text =
      fmt::format("{} = {}({})", fmt::join(results, ", "), node.kind(), fmt::join(operands, ", "));
  if (!attributes.empty()) text += fmt::format(" {{{}}}", fmt::join(attributes, ", "));
  return text;
}

std::string ToText(const Graph& graph) {
  std::string text;
  for (TensorId id : graph.inputs) text += fmt::format("input {}\n", TypedName(graph.tensor(id)));
  for (TensorId id = 0; id < graph.tensor_count(); ++id) {
    const Tensor& tensor = graph.tensor(id);
    if (!tensor.is_constant() || !graph.IsUsed(id)) continue;
    text += fmt::format("constant {}{}\n", TypedName(tensor), ValuesText(tensor));
  }
  for (const Node& node : graph.nodes()) text += ToText(graph, node) + "\n";
  for (TensorId id : graph.outputs) text += fmt::format("output {}\n", graph.tensor(id).name);
  return text;
}

}  // namespace qconvert
