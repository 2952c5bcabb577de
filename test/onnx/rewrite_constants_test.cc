#include "lib/onnx/rewrite_constants.h"

#include <catch2/catch.hpp>

#include "lib/math/float16.h"
#include "lib/onnx/import.h"
#include "test/onnx/model_builder.h"
#include "test/support/errors.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

/// A Constant node of three numbers.
void AddConstantNode(ModelBuilder& model, const std::string& name, std::vector<float> values) {
  onnx::NodeProto& node = model.Node("Constant", {}, {name});
  onnx::AttributeProto& value = *node.add_attribute();
  value.set_name("value");
  value.set_type(onnx::AttributeProto::TENSOR);
  onnx::TensorProto& tensor = *value.mutable_t();
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  tensor.add_dims(static_cast<int64_t>(values.size()));
  for (float v : values) tensor.add_float_data(v);
}

/// y = ((x + a) * b) - c, where c is a Constant node, and z = y + shared + shared.
ModelBuilder Arithmetic() {
  ModelBuilder model;
  model.Input("x", {"3"});
  model.Weights("a", {3}, {1, 2, 3});
  model.Weights("b", {3}, {4, 5, 6});
  model.Weights("shared", {3}, {7, 8, 9});
  AddConstantNode(model, "c", {1, 1, 2});
  model.Node("Add", {"x", "a"}, {"xa"}, "add");
  model.Node("Mul", {"xa", "b"}, {"xab"}, "mul");
  model.Node("Sub", {"xab", "c"}, {"y"}, "sub");
  model.Node("Add", {"y", "shared"}, {"ys"});
  model.Node("Add", {"ys", "shared"}, {"z"});
  model.Output("z");
  return model;
}

onnx::ModelProto Parsed(const std::string& bytes) {
  onnx::ModelProto model;
  REQUIRE(model.ParseFromString(bytes));
  return model;
}

std::vector<float> Raw(const onnx::TensorProto& tensor) {
  std::vector<float> values(tensor.raw_data().size() / sizeof(float));
  std::memcpy(values.data(), tensor.raw_data().data(), tensor.raw_data().size());
  return values;
}

TEST_CASE("Initializers and Constant nodes take other values, and nothing else changes", "[onnx]") {
  ScratchFolder folder;
  const ModelBuilder model = Arithmetic();
  const std::string path = folder.Write("m.onnx", model.Bytes());
  onnx::ModelProto changed = Parsed(WithConstants(path, {{"b", {0, -1, 2}}, {"c", {5, 6, 7}}}));
  CHECK(Raw(changed.graph().initializer(1)) == std::vector<float>{0, -1, 2});
  CHECK(Raw(changed.graph().node(0).attribute(0).t()) == std::vector<float>{5, 6, 7});
  onnx::ModelProto wanted = model.proto;
  *wanted.mutable_graph()->mutable_initializer(1) = changed.graph().initializer(1);
  *wanted.mutable_graph()->mutable_node(0) = changed.graph().node(0);
  CHECK(wanted.SerializeAsString() == changed.SerializeAsString());
  CHECK(WithConstants(path, {}) == model.Bytes());
}

TEST_CASE("Constants that several nodes read, or one twice, are not one node's", "[onnx]") {
  ScratchFolder folder;
  ModelBuilder model = Arithmetic();
  CHECK(ConstantsOfOneReader(folder.Write("m.onnx", model.Bytes())) ==
        std::set<std::string>{"a", "b", "c"});
  model.Node("Mul", {"a", "a"}, {"squares"});
  model.Output("b");
  CHECK(ConstantsOfOneReader(folder.Write("m.onnx", model.Bytes())) == std::set<std::string>{"c"});
}

TEST_CASE("Values are rounded to the type of their tensor, and must fit it", "[onnx]") {
  ScratchFolder folder;
  ModelBuilder model = Arithmetic();
  const auto as = [&](int type, std::vector<float> values) {
    model.graph().mutable_initializer(0)->set_data_type(type);
    const std::string path = folder.Write("m.onnx", model.Bytes());
    return Parsed(WithConstants(path, {{"a", std::move(values)}}))
        .graph()
        .initializer(0)
        .raw_data();
  };
  const std::string halves = as(onnx::TensorProto::FLOAT16, {1.0F, 0.1F, -2});
  uint16_t bits[3];
  REQUIRE(halves.size() == sizeof(bits));
  std::memcpy(bits, halves.data(), sizeof(bits));
  CHECK(bits[1] == ToFloat16(0.1F));
  // bfloat16 is the upper half of a float, to the nearest, ties to even.
  const std::string brains = as(onnx::TensorProto::BFLOAT16, {1.0F, 0x1.018p0F, -2});
  std::memcpy(bits, brains.data(), sizeof(bits));
  CHECK(bits[0] == 0x3F80);
  CHECK(bits[1] == 0x3F81);
  CHECK(as(onnx::TensorProto::DOUBLE, {1, 2, 3}).size() == 24);
  CHECK_THAT(ErrorOf([&] {
               as(onnx::TensorProto::FLOAT16, {1, 1e6F, 1});
             }),
             IsError(ErrorKind::kUnusable, "too large"));
}

TEST_CASE("What lay in another file lies within", "[onnx]") {
  ScratchFolder folder;
  ModelBuilder model = Arithmetic();
  const std::vector<float> outside{10, 20, 30};
  folder.Write("w.bin", std::string(reinterpret_cast<const char*>(outside.data()), 12));
  for (int i : {0, 1}) {
    onnx::TensorProto& tensor = *model.graph().mutable_initializer(i);
    tensor.clear_float_data();
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    auto& entry = *tensor.add_external_data();
    entry.set_key("location");
    entry.set_value("w.bin");
  }
  const std::string path = folder.Write("m.onnx", model.Bytes());
  CHECK_NOTHROW(RequireOneFile(path));
  const onnx::ModelProto changed = Parsed(WithConstants(path, {{"b", {1, 2, 3}}}));
  CHECK(Raw(changed.graph().initializer(0)) == outside);
  CHECK(Raw(changed.graph().initializer(1)) == std::vector<float>{1, 2, 3});
  CHECK_FALSE(changed.graph().initializer(0).has_data_location());
  CHECK(changed.graph().initializer(1).external_data_size() == 0);
}

TEST_CASE("A damaged model has no constants", "[onnx]") {
  ScratchFolder folder;
  CHECK_THAT(ErrorOf([&] { ConstantsOfOneReader(folder.Write("m.onnx", "\xFF\xFF")); }),
             IsError(ErrorKind::kUnusable, "not an ONNX model"));
}

}  // namespace
}  // namespace qconvert
