#include "lib/onnx/expand_fused.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <onnx.pb.h>

#include "lib/onnx/node_importer.h"

namespace qconvert {
namespace {

using Nodes = google::protobuf::RepeatedPtrField<onnx::NodeProto>;

constexpr const char* kPrefix = "activation";

/// The attributes of each activation, in the order in which FusedConv lists their values.
const std::map<std::string, std::vector<std::string>> kActivations = {
    {"Relu", {}},
    {"Sigmoid", {}},
    {"Tanh", {}},
    {"Softplus", {}},
    {"LeakyRelu", {"alpha"}},
    {"Elu", {"alpha"}},
    {"HardSigmoid", {"alpha", "beta"}},
    {"Clip", {"min", "max"}}};

const onnx::AttributeProto* Find(const onnx::NodeProto& node, const std::string& name) {
  const auto& all = node.attribute();
  const auto found = std::ranges::find(all, name, &onnx::AttributeProto::name);
  return found == all.end() ? nullptr : &*found;
}

/// Returns the values of an activation's attributes, as many as are given: FusedGemm names them
/// activation_alpha and so on.
std::vector<float> Values(const onnx::NodeProto& fused, const std::vector<std::string>& names) {
  if (const auto* listed = Find(fused, "activation_params")) {
    return {listed->floats().begin(), listed->floats().end()};
  }
  std::vector<float> values;
  for (const std::string& name : names) {
    const auto* value = Find(fused, std::string(kPrefix) + "_" + name);
    if (value == nullptr) break;
    values.push_back(value->f());
  }
  return values;
}

class Expander {
 public:
  Expander(onnx::GraphProto& graph, int opset) : graph_(graph), opset_(opset) {}

  void Run() {
    Nodes expanded;
    for (onnx::NodeProto& node : *graph_.mutable_node()) {
      for (auto& attribute : *node.mutable_attribute()) {
        if (attribute.has_g()) Expander(*attribute.mutable_g(), opset_).Run();
      }
      if (!IsFused(node)) {
        expanded.Add()->Swap(&node);
      } else {
        Expand(node, expanded);
      }
    }
    graph_.mutable_node()->Swap(&expanded);
  }

 private:
  static bool IsFused(const onnx::NodeProto& node) {
    if (node.domain() != "com.microsoft" || node.output_size() != 1) return false;
    const auto* known = std::ranges::find(kFusedSpellings, node.op_type(), &FusedSpelling::name);
    if (known == std::end(kFusedSpellings)) return false;
    const auto* activation = Find(node, kPrefix);
    return activation == nullptr || kActivations.count(activation->s()) != 0;
  }

  void Expand(const onnx::NodeProto& fused, Nodes& nodes) {
    const auto* activation = Find(fused, kPrefix);
    const bool sums = fused.op_type() == "FusedConv" && fused.input_size() > 3;
    const std::string& result = fused.output(0);
    const std::string summed = activation == nullptr ? result : result + "/" + activation->s();
    const std::string product = sums ? summed + "/Add" : summed;
    AddLinear(fused, product, nodes);
    if (sums) Add(fused, "Add", {product, fused.input(3)}, summed, nodes);
    if (activation != nullptr) AddActivation(fused, activation->s(), summed, nodes);
  }

  static onnx::NodeProto& Add(const onnx::NodeProto& fused, const std::string& type,
                              const std::vector<std::string>& inputs, const std::string& output,
                              Nodes& nodes) {
    onnx::NodeProto& node = *nodes.Add();
    node.set_op_type(type);
    node.set_name(NodeName(fused) + "/" + type);
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
    return node;
  }

  /// Adds the convolution or product, which keeps the name.
  static void AddLinear(const onnx::NodeProto& fused, const std::string& output, Nodes& nodes) {
    onnx::NodeProto& linear = *nodes.Add();
    linear = fused;
    linear.set_name(NodeName(fused));
    linear.clear_domain();
    linear.set_op_type(fused.op_type().substr(std::string("Fused").size()));
    while (linear.input_size() > 3) linear.mutable_input()->RemoveLast();
    linear.set_output(0, output);
    auto& attributes = *linear.mutable_attribute();
    for (int i = attributes.size(); i-- > 0;) {
      if (attributes[i].name().starts_with(kPrefix)) attributes.DeleteSubrange(i, 1);
    }
  }

  void AddActivation(const onnx::NodeProto& fused, const std::string& type,
                     const std::string& input, Nodes& nodes) {
    const std::vector<std::string>& names = kActivations.at(type);
    const std::vector<float> values = Values(fused, names);
    onnx::NodeProto& node = Add(fused, type, {input}, fused.output(0), nodes);
    for (size_t i = 0; i < std::min(names.size(), values.size()); ++i) {
      if (type == "Clip" && opset_ >= 11) {
        node.add_input(AddNumber(fused.output(0) + "/" + names[i], values[i]));
      } else {
        onnx::AttributeProto& attribute = *node.add_attribute();
        attribute.set_name(names[i]);
        attribute.set_type(onnx::AttributeProto::FLOAT);
        attribute.set_f(values[i]);
      }
    }
  }

  std::string AddNumber(const std::string& name, float value) {
    onnx::TensorProto& number = *graph_.add_initializer();
    number.set_name(name);
    number.set_data_type(onnx::TensorProto::FLOAT);
    number.add_float_data(value);
    return name;
  }

  onnx::GraphProto& graph_;
  const int opset_;
};

}  // namespace

void ExpandFused(onnx::GraphProto& graph, int opset) { Expander(graph, opset).Run(); }

}  // namespace qconvert
