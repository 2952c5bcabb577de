// Operators of the domain com.microsoft as the importer takes them: names of nodes, and what it
// refuses. Their numbers are compared with ONNX Runtime's in test/peers/fused_operators_test.py.
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

Graph Import(const ModelBuilder& model) {
  const ScratchFolder folder;
  return ImportOnnx(folder.Write("model.onnx", model.Bytes()), {});
}

onnx::AttributeProto& Add(onnx::NodeProto& node, const std::string& name,
                          onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(type);
  return attribute;
}

/// One fused product of x [1,4] with four times itself; `activation` may be empty.
ModelBuilder FusedGemm(const std::string& activation) {
  ModelBuilder model;
  model.Input("x", {"1", "4"});
  std::vector<float> weights(16);
  for (size_t i = 0; i < 4; ++i) weights[i * 5] = 4;
  model.Weights("w", {4, 4}, weights);
  onnx::NodeProto& node = model.Node("FusedGemm", {"x", "w"}, {"y"}, "dense");
  node.set_domain("com.microsoft");
  if (!activation.empty()) {
    Add(node, "activation", onnx::AttributeProto::STRING).set_s(activation);
    Add(node, "activation_alpha", onnx::AttributeProto::FLOAT).set_f(0.5F);
  }
  model.Output("y");
  return model;
}

std::vector<float> Run(const ModelBuilder& model) {
  return RunFloat(Import(model),
                  {MakeConstantTensor("x", {1, 4}, std::vector<float>{-1, 2, -0.5F, 0})});
}

TEST_CASE("A fused product is a product and its activation", "[onnx]") {
  CHECK(Run(FusedGemm("Relu")) == std::vector<float>{0, 8, 0, 0});
  CHECK(Run(FusedGemm("LeakyRelu")) == std::vector<float>{-2, 8, -1, 0});
  CHECK(Run(FusedGemm("")) == std::vector<float>{-4, 8, -2, 0});
  const Graph graph = Import(FusedGemm("Relu"));
  REQUIRE(graph.nodes().size() == 2);
  CHECK(graph.nodes().front().name == "dense");
  CHECK(graph.nodes().back().name == "dense/Relu");
}

TEST_CASE("An activation that is not known leaves the product refused", "[onnx]") {
  const Error error = ErrorOf([] { Import(FusedGemm("Snake")); });
  CHECK_THAT(error, IsError(ErrorKind::kUnsupported, "node 'dense' (FusedGemm)"));
}

TEST_CASE("Operators for one processor are refused with a remedy", "[onnx]") {
  ModelBuilder model = ReluModel();
  model.graph().mutable_node(0)->set_domain("com.microsoft.nchwc");
  const Error error = ErrorOf([&] { Import(model); });
  CHECK_THAT(error, IsError(ErrorKind::kUnsupported, "ORT_ENABLE_EXTENDED"));
}

TEST_CASE("Operands that do not fit an attention are refused", "[onnx]") {
  ModelBuilder model;
  model.Input("x", {"1", "5", "12"});
  onnx::NodeProto& node = model.Node("MultiHeadAttention", {"x", "x", "x"}, {"y"}, "attention");
  node.set_domain("com.microsoft");
  model.Output("y");
  SECTION("no heads") {
    CHECK_THAT(ErrorOf([&] { Import(model); }), IsError(ErrorKind::kUnusable, "0 heads"));
  }
  SECTION("heads that do not divide the features") {
    Add(node, "num_heads", onnx::AttributeProto::INT).set_i(5);
    CHECK_THAT(ErrorOf([&] { Import(model); }), IsError(ErrorKind::kUnusable, "5 heads of shape"));
  }
  SECTION("packed heads without axes of their own") {
    node.mutable_input()->DeleteSubrange(1, 2);
    Add(node, "num_heads", onnx::AttributeProto::INT).set_i(3);
    CHECK_THAT(ErrorOf([&] { Import(model); }), IsError(ErrorKind::kUnusable, "packed heads"));
  }
  SECTION("a mask of another shape") {
    Add(node, "num_heads", onnx::AttributeProto::INT).set_i(3);
    model.Input("m", {"7", "2"}, onnx::TensorProto::INT32);
    node.add_input("");
    node.add_input("m");
    CHECK_THAT(ErrorOf([&] { Import(model); }),
               IsError(ErrorKind::kUnsupported, "a mask of shape"));
  }
}

TEST_CASE("A mask that would fill the memory is refused", "[onnx]") {
  ModelBuilder model;
  model.proto.mutable_opset_import(0)->set_version(23);
  for (const char* name : {"q", "k", "v"}) model.Input(name, {"1", "1", "100000", "1"});
  Add(model.Node("Attention", {"q", "k", "v"}, {"y"}), "is_causal", onnx::AttributeProto::INT)
      .set_i(1);
  model.Output("y");
  CHECK_THAT(ErrorOf([&] { Import(model); }), IsError(ErrorKind::kUnsupported, "100000 keys"));
}

}  // namespace
}  // namespace qconvert
