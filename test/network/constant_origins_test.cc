#include "lib/network/constant_origins.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "lib/network/load_unfolded.h"
#include "test/onnx/model_builder.h"
#include "test/support/random.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

std::map<NodeOperand, ConstantOrigin> OriginsOf(const ModelBuilder& model,
                                                const std::vector<NodeOperand>& wanted) {
  ScratchFolder folder;
  const std::string path = folder.Write("m.onnx", model.Bytes());
  return FindConstantOrigins(path, {}, LoadUnfolded(path, {}), wanted);
}

TEST_CASE("The filters of a convolution lie in the file as OIHW", "[network]") {
  ModelBuilder model;
  model.Input("x", {"1", "3", "8", "8"});
  model.Weights("w", {4, 3, 2, 5}, RandomFloats(120, 1));
  model.Weights("b", {4}, {1, 2, 3, 3});
  model.Node("Conv", {"x", "w", "b"}, {"y"}, "conv");
  model.Output("y");
  const auto origins = OriginsOf(model, {{"conv", 1}, {"conv", 2}});
  const ConstantOrigin& w = origins.at({"conv", 1});
  CHECK(w.tensor == "w");
  REQUIRE(w.elements.size() == 120);
  size_t i = 0;
  for (size_t o = 0; o < 4; ++o) {
    for (size_t row = 0; row < 2; ++row) {
      for (size_t column = 0; column < 5; ++column) {
        for (size_t c = 0; c < 3; ++c) {
          CHECK(w.elements[i++] == ((o * 3 + c) * 2 + row) * 5 + column);
        }
      }
    }
  }
  CHECK(origins.at({"conv", 2}).elements == std::vector<uint32_t>{0, 1, 2, 3});
}

TEST_CASE("Tensors of the same values are told apart", "[network]") {
  ModelBuilder model;
  model.Input("x", {"1", "4"});
  const std::vector<float> values = RandomFloats(16, 1);
  for (const char* name : {"w1", "w2"}) model.Weights(name, {4, 4}, values);
  model.Weights("b", {4}, {1, 1, 2, 1});
  model.Node("MatMul", {"x", "w1"}, {"h"}, "first");
  model.Node("Relu", {"h"}, {"r"});
  model.Node("MatMul", {"r", "w2"}, {"p"}, "second");
  model.Node("Add", {"p", "b"}, {"y"});
  model.Output("y");
  const auto origins = OriginsOf(model, {{"first", 1}, {"second", 1}, {"second", 2}});
  CHECK(origins.at({"first", 1}).tensor == "w1");
  CHECK(origins.at({"second", 1}).tensor == "w2");
  CHECK(origins.at({"second", 1}).elements[1] == 4);  // a product's weights are transposed
  CHECK(origins.at({"second", 2}).tensor == "b");
}

TEST_CASE("Weights that a pass computed have no origin", "[network]") {
  ModelBuilder model;
  model.Input("x", {"1", "4"});
  model.Weights("w", {4, 2}, RandomFloats(8, 1));
  model.Weights("factor", {1}, {3});
  model.Node("MatMul", {"x", "w"}, {"p"}, "product");
  model.Node("Mul", {"p", "factor"}, {"y"});
  model.Output("y");
  CHECK(OriginsOf(model, {{"product", 1}, {"product", 2}, {"no such node", 1}}).empty());
}

}  // namespace
}  // namespace qconvert
