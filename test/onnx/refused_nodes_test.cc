// Nodes that the importer does not take, and how it says so.
#include <cmath>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <spdlog/fmt/fmt.h>

#include "test/onnx/imports.h"

namespace qconvert {
namespace {

TEST_CASE("All nodes that cannot be converted are listed at once, each with its reason", "[onnx]") {
  ModelBuilder model = ReluModel();
  model.graph().mutable_output(0)->set_name("c");
  model.Node("NonZero", {"y"}, {"a"}, "where");
  model.Node("Relu", {"a"}, {"b"}, "behind");
  model.Node("Frobnicate", {"b", "x"}, {"c"}, "far behind");
  model.Node("Fancy", {"x"}, {"d"}, "custom").set_domain("com.acme");
  model.Node("Frobnicate", {"x"}, {"e"});
  const std::string message = RefusalOf(model).what();
  Refuses(model, ErrorKind::kUnsupported, "4 nodes cannot be converted:");
  CHECK(message.find("\n  node 'where' (NonZero): ") != std::string::npos);
  CHECK(message.find("\n  node 'custom' (Fancy): operators of the domain 'com.acme'") !=
        std::string::npos);
  CHECK(message.find("\n  node 'Frobnicate_e' (Frobnicate): ") != std::string::npos);
  CHECK(message.find("'relu'") == std::string::npos);
  CHECK(message.find("\n  node 'far behind' (Frobnicate): ") != std::string::npos);
  CHECK(message.find("node 'behind'") == std::string::npos);  // a Relu: converted once it can be
  CHECK(message.find("\n--outputs NAME,... ends the network") != std::string::npos);
}

TEST_CASE("A node whose operands do not fit is named", "[onnx]") {
  const auto refuses = [](const std::string& op, const std::vector<std::string>& inputs) {
    ModelBuilder model;
    model.Input("picture", {"1", "3", "8", "8"});
    model.Input("row", {"1", "4"});
    model.Input("flags", {"1", "4"}, onnx::TensorProto::BOOL);
    model.Weights("filter", {2, 4, 3, 3}, std::vector<float>(72));
    model.Weights("matrix", {3, 2}, std::vector<float>(6));
    model.Node(op, inputs, {"y"}, "culprit");
    model.Output("y");
    const Error error = RefusalOf(model);
    INFO(error.what());
    CHECK((error.kind() == ErrorKind::kUnusable || error.kind() == ErrorKind::kUnsupported));
    CHECK_THAT(error, IsError(error.kind(), "node 'culprit' (" + op + "): "));
  };
  refuses("Conv", {"picture", "filter"});
  refuses("Conv", {"row", "filter"});
  refuses("Conv", {"picture"});
  refuses("Conv", {"picture", "matrix"});
  refuses("Gemm", {"row", "matrix"});
  refuses("Gemm", {"picture", "matrix"});
  refuses("MatMul", {"row", "matrix"});
  refuses("Add", {"picture", "row"});
  refuses("Add", {"row", "flags"});
  refuses("Add", {"row"});
  refuses("Relu", {});
  refuses("Relu", {""});
  refuses("Concat", {"picture", "row"});
  refuses("Reshape", {"row", "picture"});
  refuses("BatchNormalization", {"picture", "matrix", "matrix", "matrix", "matrix"});
  refuses("MaxPool", {"picture"});
}

TEST_CASE("Attributes of a convolution that contradict it are refused by node", "[onnx]") {
  const auto refuses = [](const std::string& name, std::vector<int64_t> values,
                          const std::string& reason) {
    ModelBuilder model;
    model.Input("x", {"1", "1", "8", "8"});
    model.Weights("w", {1, 1, 3, 3}, std::vector<float>(9, 1));
    auto& attribute = *model.Node("Conv", {"x", "w"}, {"y"}, "conv").add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INTS);
    for (int64_t value : values) attribute.add_ints(value);
    model.Output("y");
    Refuses(model, ErrorKind::kUnusable, "node 'conv' (Conv): " + reason);
  };
  refuses("kernel_shape", {5, 5}, "kernel_shape 5x5 for a filter of 3x3");
  refuses("kernel_shape", {3}, "kernel_shape 3 for a filter of 3x3");
  refuses("strides", {1, 0}, "strides of 0");
  refuses("strides", {1}, "strides do not fit");
  refuses("strides", {1, int64_t{1} << 40}, "strides of 1099511627776");
  refuses("dilations", {-1, 1}, "dilations of -1");
  refuses("dilations", {9, 9}, "a window of 3 does not fit an input of 8");
  refuses("pads", {1, 1}, "pads do not fit");
  refuses("pads", {0, 0, -1, 0}, "a pad of -1");
}

TEST_CASE("An index beyond its axis is refused by node", "[onnx]") {
  for (const int64_t index : {int64_t{4}, int64_t{-5}, int64_t{-7}, int64_t{1} << 32, INT64_MIN}) {
    ModelBuilder model;
    model.Input("x", {"1", "4"});
    onnx::TensorProto& indices = *model.graph().add_initializer();
    indices.set_name("indices");
    indices.set_data_type(onnx::TensorProto::INT64);
    indices.add_dims(1);
    indices.add_int64_data(index);
    auto& axis = *model.Node("Gather", {"x", "indices"}, {"y"}, "gather").add_attribute();
    axis.set_name("axis");
    axis.set_type(onnx::AttributeProto::INT);
    axis.set_i(1);
    model.Output("y");
    Refuses(model, ErrorKind::kUnusable,
            fmt::format("node 'gather' (Gather): index {} is outside an axis of 4", index));
  }
}

TEST_CASE("Minus infinity masks scores, among weights it is refused by node", "[onnx]") {
  const auto model = [](const std::string& op) {
    ModelBuilder built;
    built.Input("x", {"1", "2"});
    built.Weights("w", {2, 2}, {0, -INFINITY, 0, 1});
    built.Node(op, {"x", "w"}, {"y"}, "reader");
    built.Output("y");
    return built;
  };
  CHECK(Import(model("Add")).nodes().size() == 1);
  Refuses(model("MatMul"), ErrorKind::kUnusable,
          "node 'reader' (MatMul): its weights hold NaN or infinity");
}

TEST_CASE("NaN among attributes is refused by node and attribute", "[onnx]") {
  const auto refuses = [](const std::string& op, const std::string& name, bool list) {
    ModelBuilder model = ReluModel();
    const std::vector<std::string> inputs =
        op == "Constant" ? std::vector<std::string>{} : std::vector<std::string>{"y"};
    auto& attribute = *model.Node(op, inputs, {"z"}, "nan").add_attribute();
    attribute.set_name(name);
    attribute.set_type(list ? onnx::AttributeProto::FLOATS : onnx::AttributeProto::FLOAT);
    list ? attribute.add_floats(NAN) : attribute.set_f(NAN);
    Refuses(model, ErrorKind::kUnusable,
            "node 'nan' (" + op + "): attribute '" + name + "' holds NaN");
  };
  refuses("LeakyRelu", "alpha", false);
  refuses("Constant", "value_float", false);
  refuses("Constant", "value_floats", true);
}

TEST_CASE("An unknown way to pad is refused", "[onnx]") {
  ModelBuilder model;
  model.Input("x", {"1", "1", "8", "8"});
  model.Weights("w", {1, 1, 3, 3}, std::vector<float>(9, 1));
  auto& attribute = *model.Node("Conv", {"x", "w"}, {"y"}, "conv").add_attribute();
  attribute.set_name("auto_pad");
  attribute.set_type(onnx::AttributeProto::STRING);
  attribute.set_s("SAME");
  model.Output("y");
  Refuses(model, ErrorKind::kUnusable, "node 'conv' (Conv): auto_pad of 'SAME'");
}

TEST_CASE("An attribute of the wrong type is named", "[onnx]") {
  ModelBuilder model;
  model.Input("x", {"1", "4"});
  auto& attribute = *model.Node("Softmax", {"x"}, {"y"}, "soft").add_attribute();
  attribute.set_name("axis");
  attribute.set_type(onnx::AttributeProto::FLOAT);
  model.Output("y");
  Refuses(model, ErrorKind::kUnusable, "node 'soft' (Softmax): attribute 'axis'");
}

TEST_CASE("What computes on 8-bit integers is refused with a remedy", "[onnx]") {
  for (const char* type : {"Relu", "Exp", "QLinearAdd"}) {
    ModelBuilder model;
    model.Input("x", {"1", "2", "4", "4"});
    model.Weights("scale", {}, {0.5F});
    model.Node("QuantizeLinear", {"x", "scale"}, {"q"}, "quantize");
    model.Node(type, {"q"}, {"y"}, "computes");
    model.Output("y");
    Refuses(model, ErrorKind::kUnsupported, fmt::format("node 'computes' ({}): ", type));
    Refuses(model, ErrorKind::kUnsupported, "convert the network's float original");
  }
}

TEST_CASE("Results that a small file makes huge are refused by node", "[onnx]") {
  const auto fill = [](const std::vector<int64_t>& dims) {
    ModelBuilder model = ReluModel();
    onnx::TensorProto& shape = *model.graph().add_initializer();
    shape.set_name("shape");
    shape.set_data_type(onnx::TensorProto::INT64);
    shape.add_dims(static_cast<int64_t>(dims.size()));
    for (int64_t dim : dims) shape.add_int64_data(dim);
    model.Node("ConstantOfShape", {"shape"}, {"zeros"}, "fill");
    model.Output("zeros");
    return model;
  };
  const std::string node = "node 'fill' (ConstantOfShape): ";
  Refuses(fill({1 << 20, 1 << 10}), ErrorKind::kUnsupported,
          node + "a result of shape 1048576x1024 takes more than 2 GB");
  Refuses(fill({1 << 20, 1 << 20, 1 << 20}), ErrorKind::kUnusable, node + "shape 1048576x");
  Refuses(fill({-1}), ErrorKind::kUnusable, node + "shape -1");
  // Many times 64 MB: computed only up to a limit, the rest is left to the graph.
  ModelBuilder model = fill({1 << 24});
  for (int i = 0; i < 100; ++i) {
    model.Node("ConstantOfShape", {"shape"}, {"zeros" + std::to_string(i)});
  }
  const Graph graph = Import(model);
  size_t constant_bytes = 0;
  for (TensorId id = 0; id < graph.tensor_count(); ++id) {
    if (graph.tensor(id).is_constant()) constant_bytes += graph.tensor(id).bytes();
  }
  CHECK(constant_bytes <= (size_t{1} << 30) + (size_t{1} << 20));
}

TEST_CASE("A node without outputs is refused", "[onnx]") {
  ModelBuilder model = ReluModel();
  model.Node("Split", {"x"}, {}, "cut");
  Refuses(model, ErrorKind::kUnusable, "node 'cut' (Split): it has no output");
}

}  // namespace
}  // namespace qconvert
