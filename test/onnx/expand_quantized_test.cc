// Operators on a quantized model's integers as the float operators that they stand for.
#include <cmath>

#include <catch2/catch.hpp>

#include "lib/onnx/import.h"
#include "test/onnx/model_builder.h"
#include "test/support/run_reference.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

Graph Import(const ModelBuilder& model) {
  const ScratchFolder folder;
  return ImportOnnx(folder.Write("model.onnx", model.Bytes()), {});
}

std::vector<float> Run(const ModelBuilder& model, std::vector<float> x) {
  const auto size = static_cast<int64_t>(x.size()) / 2;
  return RunFloat(Import(model), {MakeConstantTensor("x", {2, size}, std::move(x))});
}

void Integers(ModelBuilder& model, const std::string& name, const std::vector<int64_t>& dims,
              int type, const std::vector<int>& values) {
  onnx::TensorProto& tensor = *model.graph().add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(type);
  for (int64_t dim : dims) tensor.add_dims(dim);
  for (int value : values) tensor.add_int32_data(value);
}

void SetInt(onnx::NodeProto& node, const char* name, int64_t value) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INT);
  attribute.set_i(value);
}

/// x [2, 2] -> QuantizeLinear to uint8 (steps of 1/2, zero 100) -> q
ModelBuilder Quantized() {
  ModelBuilder model;
  model.Input("x", {"2", "2"});
  model.Weights("xs", {}, {0.5F});
  Integers(model, "xz", {}, onnx::TensorProto::UINT8, {100});
  model.Node("QuantizeLinear", {"x", "xs", "xz"}, {"q"}, "quantize");
  Integers(model, "w", {2, 2}, onnx::TensorProto::INT8, {1, 2, -3, 4});
  Integers(model, "wz", {}, onnx::TensorProto::INT8, {1});
  model.Weights("ws", {}, {0.25F});
  return model;
}

TEST_CASE("QLinearMatMul gives the reals that its integers stand for", "[onnx]") {
  ModelBuilder model = Quantized();
  model.Weights("ys", {}, {0.125F});
  Integers(model, "yz", {}, onnx::TensorProto::UINT8, {7});
  model.Node("QLinearMatMul", {"q", "xs", "xz", "w", "ws", "wz", "ys", "yz"}, {"p"}, "product");
  model.Node("DequantizeLinear", {"p", "ys", "yz"}, {"y"}, "back");
  model.Output("y");
  // x = [1, 2; 100, -9] saturates at 77.5; w - 1 = [0, 1; -4, 3] / 4
  CHECK(Run(model, {1, 2, 100, -9}) == std::vector<float>{-7 * 0.125F, 1.75F, 9, 12.625F});
  CHECK(Import(model).FindNode("product") != nullptr);
}

TEST_CASE("QLinearAdd and QLinearSigmoid of ONNX Runtime are read", "[onnx]") {
  ModelBuilder model = Quantized();
  model.Node("QLinearAdd", {"q", "xs", "xz", "q", "xs", "xz", "xs", "xz"}, {"sum"}, "add")
      .set_domain("com.microsoft");
  model.Weights("ys", {}, {1.0F / 256});
  Integers(model, "yz", {}, onnx::TensorProto::UINT8, {0});
  model.Node("QLinearSigmoid", {"sum", "xs", "xz", "ys", "yz"}, {"s"}, "sigmoid")
      .set_domain("com.microsoft");
  model.Node("DequantizeLinear", {"s", "ys", "yz"}, {"y"}, "back");
  model.Output("y");
  CHECK(Run(model, {0, 1, -1, 50}) ==
        std::vector<float>{0.5F, 225.0F / 256, 31.0F / 256, 255.0F / 256});
}

TEST_CASE("What moves integers moves the reals that they stand for", "[onnx]") {
  ModelBuilder model = Quantized();
  model.Node("Transpose", {"q"}, {"t"}, "transpose");
  model.Node("Concat", {"t", "t"}, {"c"}, "concat");
  SetInt(*model.graph().mutable_node(2), "axis", 0);
  model.Node("DequantizeLinear", {"c", "xs", "xz"}, {"y"}, "back");
  model.Output("y");
  CHECK(Run(model, {1, 2, 3, 4.5F}) == std::vector<float>{1, 3, 2, 4.5F, 1, 3, 2, 4.5F});
  const Graph graph = Import(model);
  for (const Node& node : graph.nodes()) {
    const bool moves = node.Is<Transpose>() || node.Is<Concat>();
    if (moves) CHECK(graph.tensor(node.output()).is_float());
  }
}

TEST_CASE("Pad fills with the real of integer 0", "[onnx]") {
  ModelBuilder model = Quantized();
  onnx::TensorProto& pads = *model.graph().add_initializer();
  pads.set_name("pads");
  pads.set_data_type(onnx::TensorProto::INT64);
  pads.add_dims(4);
  for (const int64_t pad : {0, 0, 0, 1}) pads.add_int64_data(pad);
  SECTION("that it is given") {
    Integers(model, "value", {}, onnx::TensorProto::UINT8, {102});
    model.Node("Pad", {"q", "pads", "value"}, {"p"}, "pad");
    model.Node("DequantizeLinear", {"p", "xs", "xz"}, {"y"}, "back");
    model.Output("y");
    CHECK(Run(model, {1, 2, 3, 4}) == std::vector<float>{1, 2, 1, 3, 4, 1});
  }
  SECTION("or not") {
    model.Node("Pad", {"q", "pads"}, {"p"}, "pad");
    model.Node("DequantizeLinear", {"p", "xs", "xz"}, {"y"}, "back");
    model.Output("y");
    CHECK(Run(model, {1, 2, 3, 4}) == std::vector<float>{1, 2, -50, 3, 4, -50});
  }
}

TEST_CASE("ArgMax of integers is that of their reals", "[onnx]") {
  ModelBuilder model = Quantized();
  SetInt(model.Node("ArgMax", {"q"}, {"where"}, "search"), "axis", 1);
  SetInt(model.Node("Cast", {"where"}, {"y"}, "cast"), "to", onnx::TensorProto::FLOAT);
  model.Output("y");
  CHECK(Run(model, {1, 2, 4, 3}) == std::vector<float>{1, 0});
}

TEST_CASE("QLinearWhere of ONNX Runtime is read", "[onnx]") {
  ModelBuilder model = Quantized();
  Integers(model, "choose", {2, 2}, onnx::TensorProto::BOOL, {1, 0, 0, 1});
  Integers(model, "zero", {}, onnx::TensorProto::UINT8, {100});
  model
      .Node("QLinearWhere", {"choose", "q", "xs", "xz", "zero", "xs", "xz", "xs", "xz"}, {"c"},
            "where")
      .set_domain("com.microsoft");
  model.Node("DequantizeLinear", {"c", "xs", "xz"}, {"y"}, "back");
  model.Output("y");
  CHECK(Run(model, {1, 2, 3, 4}) == std::vector<float>{1, 0, 0, 4});
}

TEST_CASE("Zero points of an absurd shape take no memory", "[onnx]") {
  ModelBuilder model = Quantized();
  Integers(model, "many", {int64_t{1} << 40, int64_t{1} << 40}, onnx::TensorProto::INT8, {});
  model.Node("MatMulInteger", {"q", "w", "xz", "many"}, {"y"}, "product");
  model.Output("y");
  CHECK_THROWS_AS(Import(model), Error);
}

TEST_CASE("MatMulInteger is exact", "[onnx]") {
  ModelBuilder model = Quantized();
  model.Node("MatMulInteger", {"q", "w", "xz", "wz"}, {"sums"}, "product");
  SetInt(model.Node("Cast", {"sums"}, {"y"}, "cast"), "to", onnx::TensorProto::FLOAT);
  model.Output("y");
  CHECK(Run(model, {1, 2, 3, 4}) == std::vector<float>{-16, 14, -32, 30});
}

/// x -> DynamicQuantizeLinear -> y, and its scale and zero point.
ModelBuilder Dynamic() {
  ModelBuilder model;
  model.Input("x", {"2", "2"});
  model.Node("DynamicQuantizeLinear", {"x"}, {"q", "scale", "zero"}, "dynamic");
  return model;
}

TEST_CASE("DynamicQuantizeLinear computes what ONNX defines", "[onnx]") {
  ModelBuilder model = Dynamic();
  SetInt(model.Node("Cast", {"q"}, {"y"}, "cast"), "to", onnx::TensorProto::FLOAT);
  model.Output("y");
  // range -1.5 to 3.6, steps of 0.02, zero point 75
  CHECK(Run(model, {-1.5F, 0, 3.6F, 1}) == std::vector<float>{0, 75, 255, 125});
  CHECK(Import(model).metadata.count("dynamic_quantization") == 0);
}

TEST_CASE("Products of ONNX Runtime that give reals are read", "[onnx]") {
  ModelBuilder model = Dynamic();
  Integers(model, "w", {2, 2}, onnx::TensorProto::INT8, {1, 2, -3, 4});
  Integers(model, "wz", {}, onnx::TensorProto::INT8, {1});
  model.Weights("ws", {}, {0.25F});
  model.Weights("bias", {2}, {10, 20});
  SECTION("behind a DynamicQuantizeLinear") {
    model
        .Node("MatMulIntegerToFloat", {"q", "w", "scale", "ws", "zero", "wz", "bias"}, {"y"},
              "product")
        .set_domain("com.microsoft");
  }
  SECTION("which rounds by itself") {
    model.graph().clear_node();
    model.Node("DynamicQuantizeMatMul", {"x", "w", "ws", "wz", "bias"}, {"y"}, "product")
        .set_domain("com.microsoft");
  }
  model.Output("y");
  // w - 1 = [0, 1; -4, 3] / 4
  CHECK(Run(model, {1, 2, 3, 4}) == std::vector<float>{8, 21.75F, 6, 23.75F});
  CHECK(Import(model).metadata.at("dynamic_quantization") == "1 tensors");
}

TEST_CASE("A product of integers that were rounded for it is one of reals", "[onnx]") {
  ModelBuilder model = Dynamic();
  Integers(model, "w", {2, 2}, onnx::TensorProto::INT8, {1, 2, -3, 4});
  Integers(model, "wz", {}, onnx::TensorProto::INT8, {1});
  model.Weights("ws", {}, {0.25F});
  model.Node("MatMulInteger", {"q", "w", "zero", "wz"}, {"sums"}, "product");
  SetInt(model.Node("Cast", {"sums"}, {"c"}, "cast"), "to", onnx::TensorProto::FLOAT);
  model.Node("Mul", {"scale", "ws"}, {"s"}, "scales");
  model.Node("Mul", {"c", "s"}, {"y"}, "scaled");
  SECTION("where nobody else sees them") {
    model.Output("y");
    const std::vector<float> y = Run(model, {0.1F, 0.7F, 3, 4});
    CHECK(y[0] == -0.7F);
    CHECK(y[1] == Approx(0.55F));
    CHECK(Import(model).metadata.at("dynamic_quantization") == "1 tensors");
  }
  SECTION("but not where somebody does") {
    model.Output("y");
    model.Output("q");
    CHECK(Run(model, {0.1F, 0.7F, 3, 4})[0] != -0.7F);
  }
  SECTION("nor where somebody reads the sums as they are") {
    model.Node("Relu", {"c"}, {"r"}, "relu");
    model.Output("r");
    // steps of 4 / 255: 6, 45; 191, 255
    CHECK(Run(model, {0.1F, 0.7F, 3, 4}) == std::vector<float>{0, 141, 0, 956});
  }
  SECTION("nor where somebody reads the scale") {
    model.Node("Add", {"y", "scale"}, {"z"}, "add");
    model.Output("z");
    CHECK(Import(model).metadata.count("dynamic_quantization") == 0);
  }
}

}  // namespace
}  // namespace qconvert
