#include "lib/onnx/inline_functions.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <onnx.pb.h>
#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/onnx/copied_nodes.h"
#include "lib/onnx/node_importer.h"
#include "lib/onnx/opset.h"

namespace qconvert {
namespace {

using Nodes = google::protobuf::RepeatedPtrField<onnx::NodeProto>;

// What functions may add: a small file must not fill the memory.
constexpr int64_t kMostNodes = 1 << 20, kMostBytes = int64_t{1} << 30;

/// Gives the attributes of a body's nodes that stand for those of the call their values.
class AttributeBinding {
 public:
  AttributeBinding(const onnx::NodeProto& call, const onnx::FunctionProto& function) {
    for (const auto& attribute : function.attribute_proto()) values_[attribute.name()] = &attribute;
    for (const auto& attribute : call.attribute()) values_[attribute.name()] = &attribute;
  }

  /// One that the call leaves out and that has no default is left out.
  void Apply(Nodes& nodes) const {
    for (onnx::NodeProto& node : nodes) {
      auto& attributes = *node.mutable_attribute();
      for (int i = attributes.size(); i-- > 0;) {
        if (!Bind(attributes[i])) attributes.DeleteSubrange(i, 1);
      }
    }
  }

 private:
  bool Bind(onnx::AttributeProto& attribute) const {
    if (attribute.has_g()) Apply(*attribute.mutable_g()->mutable_node());
    if (attribute.ref_attr_name().empty()) return true;
    const auto value = values_.find(attribute.ref_attr_name());
    if (value == values_.end()) return false;
    const std::string name = attribute.name();
    attribute = *value->second;
    attribute.set_name(name);
    return true;
  }

  std::map<std::string, const onnx::AttributeProto*> values_;
};

class Inliner {
 public:
  explicit Inliner(onnx::ModelProto& model)
      : model_(model), opset_(RequireKnownVersions(model)), taken_(AllNames(model.graph())) {
    for (const auto& function : model.functions()) {
      functions_.emplace(Key(function.domain(), function.name(), function.overload()), &function);
    }
  }

  void Inline() { Inline(*model_.mutable_graph()->mutable_node()); }

 private:
  using FunctionKey = std::tuple<std::string, std::string, std::string>;

  static FunctionKey Key(const std::string& domain, const std::string& name,
                         const std::string& overload) {
    return {domain == "ai.onnx" ? "" : domain, name, overload};
  }

  void Inline(Nodes& nodes) {
    Nodes inlined;
    for (onnx::NodeProto& node : nodes) {
      const auto function = functions_.find(Key(node.domain(), node.op_type(), node.overload()));
      if (function == functions_.end()) {
        for (auto& attribute : *node.mutable_attribute()) {
          if (attribute.has_g()) Inline(*attribute.mutable_g()->mutable_node());
        }
        inlined.Add()->Swap(&node);
      } else {
        for (onnx::NodeProto& copy : Body(node, *function->second)) inlined.Add()->Swap(&copy);
      }
    }
    nodes.Swap(&inlined);
  }

  /// Returns the nodes that stand for a call.
  Nodes Body(const onnx::NodeProto& call, const onnx::FunctionProto& function) {
    Require(call, function);
    onnx::GraphProto body;
    *body.mutable_node() = function.node();
    AttributeBinding(call, function).Apply(*body.mutable_node());
    CopyNames names(NodeName(call), taken_);
    BindOperands(call, function, names);
    const Nodes passed = BindResults(call, function, names);
    names.Define(AllNames(body));
    names.Rename(body);
    calls_.push_back(&function);
    Inline(*body.mutable_node());
    calls_.pop_back();
    body.mutable_node()->MergeFrom(passed);
    return std::move(*body.mutable_node());
  }

  void Require(const onnx::NodeProto& call, const onnx::FunctionProto& function) {
    const std::string label = fmt::format("node '{}' ({})", NodeName(call), call.op_type());
    if (std::ranges::count(calls_, &function) != 0) {
      Fail(ErrorKind::kUnusable, label + ": its function calls itself");
    }
    if (call.input_size() > function.input_size() || call.output_size() > function.output_size()) {
      Fail(ErrorKind::kUnusable, label + ": it has more operands or results than its function");
    }
    const int opset = OpsetOf(function);
    if (opset != 0 && opset != opset_) {
      Fail(ErrorKind::kUnsupported,
           fmt::format("{}: its function counts on opset {}, the model on {}; convert both with "
                       "onnx.inliner.inline_local_functions(model, convert_version=True)",
                       label, opset, opset_));
    }
    nodes_ += function.node_size();
    bytes_ += static_cast<int64_t>(function.ByteSizeLong());
    if (nodes_ <= kMostNodes && bytes_ <= kMostBytes) return;
    Fail(ErrorKind::kUnusable, "its functions make more than a million nodes or 1 GB");
  }

  static void BindOperands(const onnx::NodeProto& call, const onnx::FunctionProto& function,
                           CopyNames& names) {
    for (int i = 0; i < function.input_size(); ++i) {
      names.Bind(function.input(i), i < call.input_size() ? call.input(i) : "");
    }
  }

  /// Binds what the caller reads; returns nodes for results that are operands as they are.
  static Nodes BindResults(const onnx::NodeProto& call, const onnx::FunctionProto& function,
                           CopyNames& names) {
    Nodes passed;
    for (int i = 0; i < call.output_size(); ++i) {
      const std::string& inner = function.output(i);
      if (call.output(i).empty()) continue;
      if (std::ranges::count(function.input(), inner) == 0) {
        names.Bind(inner, call.output(i));
        continue;
      }
      onnx::NodeProto& node = *passed.Add();
      node.set_op_type("Identity");
      node.add_input(names.Of(inner));
      node.add_output(call.output(i));
    }
    return passed;
  }

  onnx::ModelProto& model_;
  const int opset_;
  std::set<std::string> taken_;
  std::map<FunctionKey, const onnx::FunctionProto*> functions_;
  std::vector<const onnx::FunctionProto*> calls_;  // that are being inlined, the outermost first
  int64_t nodes_ = 0, bytes_ = 0;                  // added so far
};

}  // namespace

void InlineFunctions(onnx::ModelProto& model) {
  if (model.functions_size() > 0) Inliner(model).Inline();
}

}  // namespace qconvert
