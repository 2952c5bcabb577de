#include "lib/graph/text.h"

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include "lib/graph/attributes.h"

namespace qconvert {
namespace {

constexpr int64_t kMostShownElements = 8;

using Parts = std::vector<std::string>;

std::string QuantText(const QuantParams& quant) {
  if (quant.per_channel()) return fmt::format("per channel of axis {}", quant.axis);
  return fmt::format("scale {} zero {}", quant.scale(), quant.zero_point());
}

/// Collects what the text form says of an operator's attributes.
class AttributeWriter {
 public:
  void operator()(std::string_view, const Window& window) {
    if (window.stride_h != 1 || window.stride_w != 1) {
      Add("stride {}x{}", window.stride_h, window.stride_w);
    }
    if (window.dilation_h != 1 || window.dilation_w != 1) {
      Add("dilation {}x{}", window.dilation_h, window.dilation_w);
    }
    const std::array pads = {window.pad_top, window.pad_left, window.pad_bottom, window.pad_right};
    if (std::any_of(pads.begin(), pads.end(), [](int pad) { return pad != 0; })) {
      Add("pad {}", fmt::join(pads, ","));
    }
  }
  void operator()(std::string_view, Activation activation) {
    if (activation != Activation::kNone) Add("{}", ActivationName(activation));
  }
  void operator()(std::string_view name, bool set) {
    if (set) Add("{}", name);
  }
  void operator()(std::string_view name, ElementType type) {
    Add("{} {}", name, ElementTypeName(type));
  }
  void operator()(std::string_view, const QuantParams& quant) { Add("{}", QuantText(quant)); }
  template <typename T>
  void operator()(std::string_view name, const std::vector<T>& values) {
    Add("{} [{}]", name, fmt::join(values, ","));
  }
  void operator()(std::string_view name, float value) { Add("{} {}", name, value); }
  /// Writes filter_h 3 and filter_w 5 as "filter 3x5".
  void operator()(std::string_view name, int value) {
    if (!name.ends_with("_w")) return Add("{} {}", name, value);
    name.remove_suffix(2);
    const std::string height = parts_.back().substr(name.size() + 3);
    parts_.pop_back();
    Add("{} {}x{}", name, height, value);
  }

  const Parts& parts() const { return parts_; }

 private:
  template <typename... Values>
  void Add(fmt::format_string<Values...> form, Values&&... values) {
    parts_.push_back(fmt::format(form, std::forward<Values>(values)...));
  }

  Parts parts_;
};

std::string TypedName(const Tensor& tensor) {
  return fmt::format("{}: {}[{}]{}", tensor.name, ElementTypeName(tensor.type),
                     ToText(tensor.shape), tensor.quant ? " " + QuantText(*tensor.quant) : "");
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
  Parts results, operands;
  for (TensorId id : node.outputs()) results.push_back(TypedName(graph.tensor(id)));
  for (TensorId id : node.inputs()) {
    operands.push_back(id == kNoTensor ? "-" : graph.tensor(id).name);
  }
  AttributeWriter attributes;
  std::visit([&](const auto& op) { VisitAttributes(op, std::ref(attributes)); }, node.op);
  std::string text =
      fmt::format("{} = {}({})", fmt::join(results, ", "), node.kind(), fmt::join(operands, ", "));
  if (!attributes.parts().empty()) {
    text += fmt::format(" {{{}}}", fmt::join(attributes.parts(), ", "));
  }
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
