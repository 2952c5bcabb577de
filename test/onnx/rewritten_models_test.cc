// What is done to a model before its nodes are read: functions inlined, graphs cut, loops unrolled.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "lib/onnx/import.h"
#include "test/onnx/model_builder.h"
#include "test/support/errors.h"
#include "test/support/run_reference.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

Graph Import(const ModelBuilder& model, const ImportOptions& options = {}) {
  const ScratchFolder folder;
  return ImportOnnx(folder.Write("model.onnx", model.Bytes()), options);
}

std::vector<float> Run(const ModelBuilder& model, std::vector<float> x,
                       const ImportOptions& options = {}) {
  const auto size = static_cast<int64_t>(x.size());
  return RunFloat(Import(model, options), {MakeConstantTensor("x", {1, size}, std::move(x))});
}

std::set<std::string> NodeNames(const Graph& graph) {
  std::set<std::string> names;
  for (const Node& node : graph.nodes()) names.insert(node.name);
  return names;
}

onnx::AttributeProto& AddFloat(onnx::AttributeProto& attribute, const std::string& name,
                               float value) {
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::FLOAT);
  attribute.set_f(value);
  return attribute;
}

onnx::NodeProto& AddTo(onnx::FunctionProto& function, const std::string& op_type,
                       const std::string& input, const std::string& output) {
  onnx::NodeProto& node = *function.add_node();
  node.set_op_type(op_type);
  node.add_input(input);
  node.add_output(output);
  return node;
}

onnx::FunctionProto& AddFunction(ModelBuilder& model, const std::string& name, int opset = 17) {
  onnx::FunctionProto& function = *model.proto.add_functions();
  function.set_domain("own");
  function.set_name(name);
  function.add_input("a");
  function.add_output("b");
  function.add_opset_import()->set_version(opset);
  return function;
}

/// "Leak" is a LeakyRelu whose slope is 0.5 unless the call says otherwise; "Twice" calls it twice.
ModelBuilder CallingModel() {
  ModelBuilder model;
  model.Input("x", {"1", "3"});
  onnx::FunctionProto& leak = AddFunction(model, "Leak");
  AddFloat(*leak.add_attribute_proto(), "slope", 0.5F);
  onnx::AttributeProto& alpha = *AddTo(leak, "LeakyRelu", "a", "t").add_attribute();
  alpha.set_name("alpha");
  alpha.set_type(onnx::AttributeProto::FLOAT);
  alpha.set_ref_attr_name("slope");
  AddTo(leak, "Neg", "t", "b");
  onnx::FunctionProto& twice = AddFunction(model, "Twice");
  AddTo(twice, "Leak", "a", "t").set_domain("own");
  AddTo(twice, "Leak", "t", "b").set_domain("own");
  model.Node("Twice", {"x"}, {"t"}, "first").set_domain("own");
  onnx::NodeProto& last = model.Node("Leak", {"t"}, {"y"}, "last");
  last.set_domain("own");
  AddFloat(*last.add_attribute(), "slope", 4);
  model.Output("y");
  return model;
}

TEST_CASE("A model's own functions are inlined, with attributes of the call or their defaults",
          "[onnx]") {
  // x = -8: Leak gives 4, Leak again -4, the last one with slope 4 gives 16.
  CHECK(Run(CallingModel(), {-8, 0, 2}) == std::vector<float>{16, 0, -1});
  const std::set<std::string> names = NodeNames(Import(CallingModel()));
  CHECK(names.size() == 6);
  CHECK(names.count("last/LeakyRelu_t") == 1);
  CHECK(names.count("first/Leak_t/LeakyRelu_t") == 1);
}

TEST_CASE("A function may hand an operand back", "[onnx]") {
  ModelBuilder model;
  model.Input("x", {"1", "1"});
  onnx::FunctionProto& same = AddFunction(model, "Same");
  same.set_output(0, "a");
  model.Node("Same", {"x"}, {"t"}).set_domain("own");
  model.Node("Neg", {"t"}, {"y"});
  model.Output("y");
  CHECK(Run(model, {3}) == std::vector<float>{-3});
}

TEST_CASE("Functions that call themselves, or of another operator set, are refused", "[onnx]") {
  ModelBuilder circle = CallingModel();
  AddTo(*circle.proto.mutable_functions(0), "Twice", "b", "c").set_domain("own");
  CHECK_THAT(ErrorOf([&] { Import(circle); }),
             IsError(ErrorKind::kUnusable, "its function calls itself"));
  ModelBuilder older = CallingModel();
  older.proto.mutable_functions(0)->mutable_opset_import(0)->set_version(9);
  CHECK_THAT(ErrorOf([&] { Import(older); }),
             IsError(ErrorKind::kUnsupported, "counts on opset 9, the model on 17"));
}

/// x -> Relu a -> Frobnicate b -> Neg c -> Exp y
ModelBuilder ChainModel() {
  ModelBuilder model;
  model.Input("x", {"1", "2"});
  model.Node("Relu", {"x"}, {"a"});
  model.Node("Frobnicate", {"a"}, {"b"});
  model.Node("Neg", {"b"}, {"c"});
  model.Node("Exp", {"c"}, {"y"});
  model.Output("y");
  return model;
}

TEST_CASE("A graph ends at the tensors that are asked for", "[onnx]") {
  CHECK(Run(ChainModel(), {-1, 2}, {.outputs = {"a"}}) == std::vector<float>{0, 2});
  const Graph graph = Import(ChainModel(), {.outputs = {"a", "x"}});
  CHECK(graph.output_names == std::vector<std::string>{"a", "x"});
}

TEST_CASE("A graph begins at the tensors that are asked for", "[onnx]") {
  ImportOptions options{.shapes = {{"b", {1, 2}}}, .inputs = {"b"}, .outputs = {"c"}};
  const Graph graph = Import(ChainModel(), options);
  CHECK(graph.input_names == std::vector<std::string>{"b"});
  CHECK(Run(ChainModel(), {-1, 2}, options) == std::vector<float>{1, -2});
  ModelBuilder stated = ChainModel();
  *stated.graph().add_value_info() = stated.graph().input(0);
  stated.graph().mutable_value_info(0)->set_name("b");
  options.shapes.clear();
  CHECK(Run(stated, {-1, 2}, options) == std::vector<float>{1, -2});
  CHECK_THAT(ErrorOf([&] { Import(ChainModel(), options); }),
             IsError(ErrorKind::kUsage, "--shape b:DIMS"));
}

TEST_CASE("Tensors to cut at that are not there are named with the nearest", "[onnx]") {
  CHECK_THAT(ErrorOf([&] { Import(ChainModel(), {.outputs = {"aa"}}); }),
             IsError(ErrorKind::kUsage, "--outputs names 'aa'"));
  CHECK_THAT(ErrorOf([&] { Import(ChainModel(), {.inputs = {"w"}}); }),
             IsError(ErrorKind::kUsage, "--inputs names 'w'"));
}

TEST_CASE("Where the model states shapes, nodes behind one that is refused are looked at too",
          "[onnx]") {
  ModelBuilder model = ChainModel();
  model.Node("ArgMax", {"b"}, {"far"}).add_attribute()->set_name("axis");
  *model.graph().add_value_info() = model.graph().input(0);
  model.graph().mutable_value_info(0)->set_name("b");
  model.Node("NonZero", {"b"}, {"where"}, "behind");
  const Error error = ErrorOf([&] { Import(model); });
  CHECK_THAT(error, IsError(ErrorKind::kUnsupported, "node 'Frobnicate_b' (Frobnicate)"));
  CHECK_THAT(error, IsError(ErrorKind::kUnsupported, "node 'behind' (NonZero)"));
}

void AddScalar(onnx::GraphProto& graph, const std::string& name, int type, int64_t value) {
  onnx::TensorProto& tensor = *graph.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(type);
  if (type == onnx::TensorProto::INT64) {
    tensor.add_int64_data(value);
  } else {
    tensor.add_int32_data(static_cast<int32_t>(value));
  }
}

/// Doubles x three times; the second output stacks what each turn began with.
ModelBuilder LoopModel() {
  ModelBuilder model;
  model.Input("x", {"1", "2"});
  AddScalar(model.graph(), "turns", onnx::TensorProto::INT64, 3);
  onnx::NodeProto& loop = model.Node("Loop", {"turns", "", "x"}, {"y", "all"}, "loop");
  onnx::AttributeProto& attribute = *loop.add_attribute();
  attribute.set_name("body");
  attribute.set_type(onnx::AttributeProto::GRAPH);
  onnx::GraphProto& body = *attribute.mutable_g();
  for (const char* name : {"i", "go", "v"}) body.add_input()->set_name(name);
  ModelBuilder::AddNode(body, "Identity", {"go"}, {"go_on"});
  ModelBuilder::AddNode(body, "Add", {"v", "v"}, {"doubled"}, "double");
  ModelBuilder::AddNode(body, "Identity", {"v"}, {"before"});
  for (const char* name : {"go_on", "doubled", "before"}) body.add_output()->set_name(name);
  model.Output("y");
  return model;
}

TEST_CASE("A loop whose turns are known is unrolled", "[onnx]") {
  CHECK(Run(LoopModel(), {1, -2}) == std::vector<float>{8, -16});
  const Graph unrolled = Import(LoopModel());
  CHECK(std::ranges::count_if(unrolled.nodes(), [](const Node& n) { return n.Is<Add>(); }) == 3);
  ModelBuilder stacked = LoopModel();
  stacked.graph().mutable_output(0)->set_name("all");
  CHECK(Run(stacked, {1, -2}) == std::vector<float>{1, -2, 2, -4, 4, -8});
  CHECK(Import(stacked).tensor(Import(stacked).outputs[0]).shape == Shape{3, 1, 2});
}

TEST_CASE("A loop ends when its condition no longer holds", "[onnx]") {
  ModelBuilder model = LoopModel();
  onnx::GraphProto& body = *model.graph().mutable_node(0)->mutable_attribute(0)->mutable_g();
  AddScalar(body, "last", onnx::TensorProto::INT64, 1);
  body.mutable_node(0)->set_op_type("Less");
  body.mutable_node(0)->set_input(0, "i");
  body.mutable_node(0)->add_input("last");
  CHECK(Run(model, {1, -2}) == std::vector<float>{4, -8});
}

TEST_CASE("A loop whose turns depend on the inputs is refused", "[onnx]") {
  ModelBuilder model = LoopModel();
  model.graph().clear_initializer();
  model.Input("turns", {}, onnx::TensorProto::INT64);
  CHECK_THAT(ErrorOf([&] { Import(model); }),
             IsError(ErrorKind::kUnsupported, "node 'loop' (Loop): input 0"));
}

}  // namespace
}  // namespace qconvert
