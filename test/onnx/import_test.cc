// What the importer takes of models, and how it says what it does not take.
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <spdlog/fmt/fmt.h>

#include "test/onnx/imports.h"
#include "test/support/run_reference.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

TEST_CASE("Operator sets 7 to 28 are read, others refused with their number", "[onnx]") {
  ModelBuilder model = ReluModel();
  for (int opset = 7; opset <= 28; ++opset) {
    model.proto.mutable_opset_import(0)->set_version(opset);
    CHECK(Import(model).nodes().size() == 1);
  }
  for (const int64_t opset : {int64_t{-1}, int64_t{0}, int64_t{6}, int64_t{29}, INT64_MAX}) {
    model.proto.mutable_opset_import(0)->set_version(opset);
    Refuses(model, ErrorKind::kUnsupported, fmt::format("opset {}: we read 7 to 28", opset));
  }
  model.proto.clear_opset_import();
  Refuses(model, ErrorKind::kUnsupported, "opset 0");
}

TEST_CASE("The default domain's operator set counts, by either of its names", "[onnx]") {
  ModelBuilder model = ReluModel();
  auto* other = model.proto.add_opset_import();
  other->set_domain("com.other");
  other->set_version(1);
  CHECK(Import(model).nodes().size() == 1);
  model.proto.mutable_opset_import(0)->set_domain("ai.onnx");
  model.graph().mutable_node(0)->set_domain("ai.onnx");
  CHECK(Import(model).nodes().size() == 1);
}

TEST_CASE("IR versions from 3 to our schema's are read", "[onnx]") {
  ModelBuilder model = ReluModel();
  for (int version = 3; version <= onnx::IR_VERSION; ++version) {
    model.proto.set_ir_version(version);
    CHECK(Import(model).nodes().size() == 1);
  }
  for (const int version : {-1, 0, 2}) {
    model.proto.set_ir_version(version);
    Refuses(model, ErrorKind::kUnusable, fmt::format("IR version {}", version));
  }
  model.proto.set_ir_version(onnx::IR_VERSION + 1);
  Refuses(model, ErrorKind::kUnsupported, "newer than this qconvert");
}

TEST_CASE("Cycles are refused by their nodes, missing tensors by their readers", "[onnx]") {
  ModelBuilder cycle = ReluModel();
  cycle.Node("Add", {"y", "b"}, {"a"}, "add");
  cycle.Node("Relu", {"a"}, {"b"}, "back");
  Refuses(cycle, ErrorKind::kUnusable,
          "the graph has a cycle: node 'add' (Add) reads from node 'back' (Relu), which reads from "
          "node 'add' (Add)");
  ModelBuilder self = ReluModel();
  self.Node("Relu", {"z"}, {"z"}, "self");
  Refuses(self, ErrorKind::kUnusable,
          "the graph has a cycle: node 'self' (Relu) reads from node 'self' (Relu)");
  ModelBuilder missing = ReluModel();
  missing.Node("Relu", {"weights"}, {"z"}, "reader");
  Refuses(missing, ErrorKind::kUnusable, "node 'reader' (Relu): it reads 'weights', which no node");
}

TEST_CASE("Nodes run in the order that they need, whatever the file's", "[onnx]") {
  ModelBuilder model;
  model.Input("x", {"1", "2"});
  model.Node("Add", {"b", "a"}, {"y"}, "third");
  model.Node("Neg", {"a"}, {"b"}, "second");
  model.Node("Relu", {"x"}, {"a"}, "first");
  model.Output("y");
  const Graph graph = Import(model);
  std::vector<std::string> names;
  for (const Node& node : graph.nodes()) names.push_back(node.name);
  CHECK(names == std::vector<std::string>{"first", "second", "third"});
}

TEST_CASE("A name that is defined twice is refused", "[onnx]") {
  ModelBuilder nodes = ReluModel();
  nodes.Node("Relu", {"x"}, {"y"}, "again");
  Refuses(nodes, ErrorKind::kUnusable, "node 'again' (Relu): tensor 'y' is defined twice");
  ModelBuilder shadow = ReluModel();
  shadow.Node("Relu", {"y"}, {"x"}, "shadow");
  Refuses(shadow, ErrorKind::kUnusable, "node 'shadow' (Relu): tensor 'x' is defined twice");
  ModelBuilder inputs = ReluModel();
  inputs.Input("x", {"1", "4"});
  Refuses(inputs, ErrorKind::kUnusable, "tensor 'x' is defined twice");
  ModelBuilder weights = ReluModel();
  weights.Weights("w", {1}, {1});
  weights.Weights("w", {1}, {2});
  Refuses(weights, ErrorKind::kUnusable, "tensor 'w' is defined twice");
  ModelBuilder twins = ReluModel();
  twins.Node("Split", {"y"}, {"a", "a"}, "twins");
  Refuses(twins, ErrorKind::kUnusable, "node 'twins' (Split): tensor 'a' is defined twice");
}

TEST_CASE("The integers that a QuantizeLinear makes are ONNX's, whoever reads them", "[onnx]") {
  ModelBuilder model;
  model.Input("x", {"3"});
  model.Weights("scale", {}, {0.5F});
  model.Node("QuantizeLinear", {"x", "scale"}, {"q"}, "quantize");  // to uint8
  auto& to = *model.Node("Cast", {"q"}, {"y"}, "cast").add_attribute();
  to.set_name("to");
  to.set_type(onnx::AttributeProto::INT);
  to.set_i(onnx::TensorProto::FLOAT);
  model.Output("y");
  const std::vector<Tensor> x = {MakeConstantTensor<float>("x", {3}, {-1, 2, 1000})};
  CHECK(RunFloat(Import(model), x) == std::vector<float>{0, 4, 255});
}

TEST_CASE("Nodes of one name are no matter", "[onnx]") {
  ModelBuilder model = ReluModel();
  model.Node("Relu", {"y"}, {"z"}, "relu");
  CHECK(Import(model).nodes().size() == 2);
}

TEST_CASE("Each node gets a name of its own, the ONNX node's where it can", "[onnx]") {
  ModelBuilder model;
  model.Input("x", {"1", "3", "4", "4"});
  model.Weights("w", {2, 3, 1, 1}, std::vector<float>(6, 1));
  model.Node("Conv", {"x", "w"}, {"y"}, "layer");
  model.Node("Relu", {"y"}, {"z"}, "layer");
  model.Node("Relu", {"z"}, {"u"});
  model.Output("u");
  const Graph graph = Import(model);
  std::vector<std::string> names;
  for (const Node& node : graph.nodes()) names.push_back(node.name);
  REQUIRE(names.size() == 5);
  CHECK(names[1] == "layer");
  CHECK(names[3].rfind("layer_", 0) == 0);
  CHECK(names[4] == "Relu_u");
  CHECK(std::set<std::string>(names.begin(), names.end()).size() == names.size());
  for (const Node& node : graph.nodes()) {
    CHECK(node.origin == (node.name == "Relu_u" ? "Relu_u" : "layer"));
  }
}

TEST_CASE("Initializers that IR 3 lists among the inputs are no inputs", "[onnx]") {
  ModelBuilder model;
  model.proto.set_ir_version(3);
  model.Input("x", {"1", "4"});
  model.Input("w", {"1", "4"});
  model.Weights("w", {1, 4}, {1, 2, 3, 4});
  model.Node("Add", {"x", "w"}, {"y"});
  model.Output("y");
  const Graph graph = Import(model);
  CHECK(graph.input_names == std::vector<std::string>{"x"});
  CHECK(graph.output_names == std::vector<std::string>{"y"});
}

TEST_CASE("Every output is computed, and by a tensor of its own", "[onnx]") {
  ModelBuilder model = ReluModel();
  model.Output("y");
  model.Output("x");
  model.Output("w");
  model.Weights("w", {4}, {1, 2, 3, 4});
  const Graph graph = Import(model);
  CHECK(graph.output_names == std::vector<std::string>{"y", "y", "x", "w"});
  const std::vector<Tensor> inputs = {
      MakeConstantTensor("x", {1, 4}, std::vector<float>{-1, 2, -3, 4})};
  const std::vector<float> kRelu = {0, 2, 0, 4};
  CHECK(RunFloat(graph, inputs, 0) == kRelu);
  CHECK(RunFloat(graph, inputs, 1) == kRelu);
  CHECK(RunFloat(graph, inputs, 2) == std::vector<float>{-1, 2, -3, 4});
  CHECK(RunFloat(graph, inputs, 3) == std::vector<float>{1, 2, 3, 4});
  for (TensorId id : graph.outputs) CHECK(graph.Producer(id) != nullptr);
}

TEST_CASE("A model without outputs, or with one that nothing computes, is refused", "[onnx]") {
  ModelBuilder model = ReluModel();
  model.Output("z");
  Refuses(model, ErrorKind::kUnusable, "output 'z' is computed by no node");
  model.graph().clear_output();
  Refuses(model, ErrorKind::kUnusable, "no outputs");
  model.proto.clear_graph();
  Refuses(model, ErrorKind::kUnusable, "no outputs");
}

/// y = If(condition) then Relu(x) else Neg(x).
ModelBuilder Branches() {
  ModelBuilder model;
  model.Input("x", {"1", "4"});
  onnx::NodeProto& node = model.Node("If", {"condition"}, {"y"}, "choice");
  for (const char* branch : {"then_branch", "else_branch"}) {
    auto& attribute = *node.add_attribute();
    attribute.set_name(branch);
    attribute.set_type(onnx::AttributeProto::GRAPH);
    const std::string op = attribute.name() == "then_branch" ? "Relu" : "Neg";
    ModelBuilder::AddNode(*attribute.mutable_g(), op, {"x"}, {"inner"});
    attribute.mutable_g()->add_output()->set_name("inner");
  }
  model.Output("y");
  return model;
}

TEST_CASE("A branch that is already decided is taken, the other left alone", "[onnx]") {
  for (const bool holds : {false, true}) {
    ModelBuilder model = Branches();
    onnx::TensorProto& condition = *model.graph().add_initializer();
    condition.set_name("condition");
    condition.set_data_type(onnx::TensorProto::BOOL);
    condition.add_int32_data(holds ? 1 : 0);
    const std::vector<Tensor> inputs = {
        MakeConstantTensor("x", {1, 4}, std::vector<float>{-1, 2, -3, 4})};
    CHECK(RunFloat(Import(model), inputs) ==
          (holds ? std::vector<float>{0, 2, 0, 4} : std::vector<float>{1, -2, 3, -4}));
    ModelBuilder::AddNode(model.graph(), "Relu", {"inner"}, {"z"}, "outside");
    Refuses(model, ErrorKind::kUnusable, "node 'outside' (Relu): it reads 'inner'");
  }
}

TEST_CASE("A branch that depends on the inputs is refused", "[onnx]") {
  ModelBuilder model = Branches();
  model.Input("condition", {}, onnx::TensorProto::BOOL);
  Refuses(model, ErrorKind::kUnsupported, "node 'choice' (If): its condition depends");
}

TEST_CASE("Weights stay until their last reader has rearranged them", "[onnx]") {
  ModelBuilder model;
  model.Input("x", {"1", "3", "2", "2"});
  model.Weights("w", {3, 3, 1, 1}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  model.Weights("unread", {1}, {1});
  model.Node("Conv", {"x", "w"}, {"first"}, "first");
  model.Node("Identity", {"w"}, {"alias"});
  model.Node("Conv", {"first", "w"}, {"second"}, "second");
  model.Node("Conv", {"second", "alias"}, {"third"}, "third");
  model.Output("third");
  model.Output("w");
  const Graph graph = Import(model);
  CHECK(graph.nodes().size() > 3);
  size_t weights = 0;
  for (TensorId id = 0; id < graph.tensor_count(); ++id) {
    if (!graph.tensor(id).is_constant()) continue;
    INFO(graph.tensor(id).name);
    CHECK((graph.IsUsed(id) || graph.tensor(id).name == "unread"));
    weights += graph.tensor(id).elements() == 9;
  }
  CHECK(weights == 4);  // one for each Conv, and the output's own
}

TEST_CASE("What is no model is refused with its name, once", "[onnx]") {
  const ScratchFolder folder;
  const auto refuses = [&](const std::string& path, const std::string& reason) {
    const Error error = ErrorOf([&] { ImportOnnx(path, {}); });
    CHECK_THAT(error, IsError(ErrorKind::kUnusable, reason));
    const std::string message = error.what();
    CHECK(message.find(path) != std::string::npos);
    CHECK(message.find(path) == message.rfind(path));
  };
  refuses(folder / "missing.onnx", "No such file");
  refuses(folder.path(), "Is a directory");
  refuses(folder.Write("empty.onnx", ""), "an empty file");
  refuses(folder.Write("text.onnx", "this is no model"), "not an ONNX model, or damaged");
  refuses(folder.Write("page.onnx", "<!DOCTYPE html>"), "not an ONNX model, but a web page");
  refuses(folder.Write("zeros.onnx", std::string(1000, '\0')), "not an ONNX model");
}

TEST_CASE("A model that is cut off says how much there is and should be", "[onnx]") {
  const ScratchFolder folder;
  ModelBuilder model = ReluModel();
  model.graph().set_doc_string(std::string(1000, 'x'));
  const std::string whole = model.proto.SerializeAsString();
  for (const size_t bytes : {size_t{500}, whole.size() - 20}) {
    const std::string path = folder.Write("cut.onnx", whole.substr(0, bytes));
    CHECK_THAT(ErrorOf([&] { ImportOnnx(path, {}); }),
               IsError(ErrorKind::kUnusable, "cut off at byte " + std::to_string(bytes) + " of"));
  }
}

TEST_CASE("Branches within branches without end are refused", "[onnx]") {
  // Each level: a graph attribute with a node with a graph attribute, built from the inside.
  onnx::GraphProto inner;
  for (int depth = 0; depth < 500; ++depth) {
    onnx::GraphProto outer;
    auto& node = ModelBuilder::AddNode(outer, "If", {"condition"}, {"y"});
    auto& attribute = *node.add_attribute();
    attribute.set_name("then_branch");
    attribute.set_type(onnx::AttributeProto::GRAPH);
    attribute.mutable_g()->Swap(&inner);
    inner.Swap(&outer);
  }
  ModelBuilder model;
  model.graph() = inner;
  Refuses(model, ErrorKind::kUnusable, "not an ONNX model, or damaged");
}

TEST_CASE("Names become text that a terminal and a reader of UTF-8 can show", "[onnx]") {
  ModelBuilder model = ReluModel();
  model.Node("Neg", {"y"}, {"\x1B[2Kwritten:\n\xFF"}, "n\r");
  model.Output("\x1B[2Kwritten:\n\xFF");
  const Graph graph = Import(model);
  CHECK(graph.output_names.back() == "\\x1B[2Kwritten:\\x0A\\xFF");
  CHECK(graph.nodes().back().name == "n\\x0D");
  model.Node("Frob\x1B", {"y"}, {"z"});
  Refuses(model, ErrorKind::kUnsupported, "(Frob\\x1B)");
}

}  // namespace
}  // namespace qconvert
