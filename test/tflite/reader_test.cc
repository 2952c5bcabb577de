// The reader blames the file, by name, for whatever is wrong with it.
#include "lib/tflite/reader.h"

#include <cmath>
#include <cstring>
#include <limits>

#include <catch2/catch.hpp>

#include "lib/tflite/writer.h"
#include "test/support/errors.h"
#include "test/support/graph_builder.h"
#include "test/support/operator_cases.h"
#include "test/tflite/raw_model.h"

namespace qconvert {
namespace {

void RequireUnusable(const RawModel& model, const std::string& why) {
  CHECK_THAT(ErrorOf([&] { model.Read(); }), IsError(ErrorKind::kUnusable, why));
}

void RequireUnsupported(const RawModel& model, const std::string& why) {
  CHECK_THAT(ErrorOf([&] { model.Read(); }), IsError(ErrorKind::kUnsupported, why));
}

TEST_CASE("The raw model that the tests damage is good", "[tflite]") {
  const Graph graph = RawModel().Read();
  CHECK(graph.nodes().size() == 1);
  CHECK(graph.input_names == std::vector<std::string>{"x"});
}

TEST_CASE("Bytes that are no TFLite file are refused", "[tflite]") {
  const auto read = [](const std::string& bytes) {
    return ErrorOf([&] { ReadTflite(AsBytes(bytes), nullptr); });
  };
  CHECK_THAT(read(""), IsError(ErrorKind::kUnusable, "not a TFLite file, but an empty file"));
  CHECK_THAT(read("TFL3"), IsError(ErrorKind::kUnusable, "TFL3"));
  CHECK_THAT(read(std::string(100, '\0')),
             IsError(ErrorKind::kUnusable, "not a TFLite file, but filled with zeros"));
  std::string cut = RawModel().Bytes();
  cut.resize(cut.size() - 4);
  CHECK_THAT(read(cut), IsError(ErrorKind::kUnusable, ""));
  CHECK_THAT(ErrorOf([] { ReadTflite("no/such/file.tflite"); }),
             IsError(ErrorKind::kUnusable, "no/such/file.tflite"));
}

TEST_CASE("Another schema version is refused", "[tflite]") {
  RawModel model;
  model.version = GENERATE(0U, 2U, 4U);
  RequireUnusable(model, "where 3 is the only one");
}

TEST_CASE("Tensors that do not exist are refused", "[tflite]") {
  const int32_t stray = GENERATE(2, -2, 1000000, std::numeric_limits<int32_t>::min());
  RawModel inputs, outputs, operands, results;
  inputs.inputs = {stray};
  outputs.outputs = {stray};
  operands.operators[0].inputs = {stray};
  results.operators[0].outputs = {stray};
  for (const RawModel& model : {inputs, outputs, operands, results}) {
    RequireUnusable(model, "tensor " + std::to_string(stray) + " does not exist");
  }
}

TEST_CASE("Optional operands are for operators only", "[tflite]") {
  RawModel model;
  model.outputs = {-1};
  RequireUnusable(model, "tensor -1 does not exist");
}

/// What computes rows takes the last operand for the second.
TEST_CASE("Operands that an operator does not take are refused", "[tflite]") {
  RawModel unary, binary, absent;
  unary.operators[0].inputs = {0, 0};
  binary.operators[0] = {tflite::BuiltinOperator_ADD, {0, 0, 0}, {1}};
  absent.operators[0] = {tflite::BuiltinOperator_ADD, {0, 0, -1, 0}, {1}};
  RequireUnusable(unary, "it has 2 operands where Relu takes 1");
  RequireUnusable(binary, "it has 3 operands where Add takes 2");
  RequireUnusable(absent, "it has 4 operands where Add takes 2");
}

TEST_CASE("The order must be one that can be computed", "[tflite]") {
  RawModel early, twice, never;
  early.tensors.push_back({"z", {4}});
  early.operators = {{tflite::BuiltinOperator_RELU, {2}, {1}},
                     {tflite::BuiltinOperator_RELU, {0}, {2}}};
  RequireUnusable(early, "tensor 'z' is read (y) before anything computes it");
  twice.operators.push_back(twice.operators[0]);
  RequireUnusable(twice, "tensor 'y' is set twice");
  never.tensors.push_back({"z", {4}});
  never.outputs = {2};
  RequireUnusable(never, "tensor 'z' is read (the outputs) before anything computes it");
}

TEST_CASE("A constant cannot be an input or be computed", "[tflite]") {
  RawModel model;
  model.buffers.push_back({std::vector<uint8_t>(16)});
  model.tensors[GENERATE(0U, 1U)].buffer = 1;
  RequireUnusable(model, "is set twice");
}

TEST_CASE("Buffers that do not exist or do not fit are refused", "[tflite]") {
  RawModel model;
  model.tensors.push_back({"c", {3}, tflite::TensorType_FLOAT32, 1});
  RequireUnusable(model, "tensor 'c': buffer 1 does not exist");
  model.buffers.push_back({std::vector<uint8_t>(8)});
  RequireUnusable(model, "its buffer holds 8 bytes where shape 3 needs 12");
  model.buffers[1].data.resize(12);
  CHECK_NOTHROW(model.Read());
}

TEST_CASE("Buffers behind the flatbuffer must lie inside the file", "[tflite]") {
  constexpr uint64_t kFar = std::numeric_limits<uint64_t>::max();
  const std::vector<std::pair<uint64_t, uint64_t>> places = {
      {1 << 20, 12}, {kFar, 12}, {2, kFar}, {kFar, kFar}, {kFar - 11, 12}, {8, 1 << 20}};
  for (const auto& [offset, size] : places) {
    RawModel model;
    model.tensors.push_back({"c", {3}, tflite::TensorType_FLOAT32, 1});
    model.buffers.push_back({{}, offset, size});
    RequireUnusable(model, "buffer 1 lies outside the file");
  }
}

TEST_CASE("A buffer behind the flatbuffer is read from there", "[tflite]") {
  RawModel model;
  model.tensors.push_back({"c", {2}, tflite::TensorType_INT32, 1});
  model.buffers.push_back({{}, 4, 8});  // "TFL3" and what follows
  const Graph graph = model.Read();
  int32_t word = 0;
  std::memcpy(&word, "TFL3", 4);
  CHECK(graph.tensor(2).Values<int32_t>()[0] == word);
}

TEST_CASE("Absurd shapes are refused before anything is allocated", "[tflite]") {
  constexpr int32_t kMost = std::numeric_limits<int32_t>::max();
  const std::vector<int32_t> shape =
      GENERATE(std::vector<int32_t>{kMost, kMost}, std::vector<int32_t>{-4},
               std::vector<int32_t>(64, 2), std::vector<int32_t>{kMost, 1, 1, kMost, kMost});
  RawModel model;
  model.tensors[0].shape = shape;
  RequireUnusable(model, "tensor 'x'");
}

TEST_CASE("Shapes that contradict the operator are refused", "[tflite]") {
  RawModel model;
  model.tensors[1].shape = {5};
  RequireUnusable(model, "'y' is 5, inferred 4");
}

TEST_CASE("Results that an operator does not have are refused", "[tflite]") {
  RawModel model;
  model.tensors.push_back({"z", {4}});
  model.operators[0].outputs = {1, 2};
  RequireUnusable(model, "it has 2 results");
}

/// What copies elements would read beyond operands of a narrower type.
TEST_CASE("Result types that contradict the operator are refused, quantized or not", "[tflite]") {
  RawModel model;
  model.tensors[0].type = tflite::TensorType_INT8;
  model.tensors[1].type = GENERATE(tflite::TensorType_INT64, tflite::TensorType_INT16);
  for (RawTensor& tensor : model.tensors) {
    tensor.scales = {0.5F};
    tensor.zero_points = {0};
  }
  for (const int code : {tflite::BuiltinOperator_RELU, tflite::BuiltinOperator_RESHAPE,
                         tflite::BuiltinOperator_ABS}) {
    model.operators[0].code = code;
    RequireUnusable(model, "inferred int8");
  }
}

TEST_CASE("Quantization parameters of floats mean nothing", "[tflite]") {
  RawModel model;
  model.tensors[0].scales = {0.5F};
  model.tensors[0].zero_points = {0};
  CHECK_FALSE(model.Read().tensor(0).quant);
}

TEST_CASE("A convolution of no channels is refused", "[tflite]") {
  RawModel model;
  model.tensors = {{"x", {1, 4, 4, 0}}, {"w", {2, 1, 1, 3}}, {"y", {1, 4, 4, 2}}};
  model.inputs = {0, 1};
  model.outputs = {2};
  model.operators[0] = {tflite::BuiltinOperator_CONV_2D, {0, 1}, {2}};
  model.operators[0].options_type = tflite::BuiltinOptions_Conv2DOptions;
  model.operators[0].options = [](flatbuffers::FlatBufferBuilder& b) {
    return tflite::CreateConv2DOptions(b, tflite::Padding_VALID, 1, 1).Union();
  };
  RequireUnusable(model, "do not fit an input of shape 1x4x4x0");
}

TEST_CASE("Many tensors of one name get names of their own", "[tflite]") {
  RawModel model;
  constexpr size_t kTensors = 50000;
  for (size_t i = 0; i < kTensors; ++i) model.tensors.push_back({"x", {4}});
  CHECK(model.Read().FindTensor("x_" + std::to_string(kTensors)) != kNoTensor);
}

TEST_CASE("Names become text that a terminal and a reader of UTF-8 can show", "[tflite]") {
  RawModel model;
  model.tensors[1].name = "\x1B[2Kwritten: \xFF\n";
  CHECK(model.Read().output_names[0] == "\\x1B[2Kwritten: \\xFF\\x0A");
}

TEST_CASE("Quantization parameters are checked", "[tflite]") {
  const auto with = [](std::vector<float> scales, std::vector<int64_t> zero_points, int axis = 0) {
    RawModel model;
    model.tensors[0].type = model.tensors[1].type = tflite::TensorType_INT8;
    model.tensors[0].scales = std::move(scales);
    model.tensors[0].zero_points = std::move(zero_points);
    model.tensors[0].axis = axis;
    return model;
  };
  CHECK(with({0.5F}, {3}).Read().tensor(0).quant == PerLayer(0.5F, 3));
  RequireUnusable(with({0.5F}, {}), "one zero point for each scale");
  RequireUnusable(with({0.5F}, {1, 2}), "one zero point for each scale");
  for (int64_t bad : {int64_t{-129}, int64_t{128}, int64_t{INT32_MIN}, int64_t{1} << 32}) {
    RequireUnusable(with({0.5F}, {bad}), "a zero point outside [-128, 127]");
  }
  for (float bad : {0.0F, -1.0F, 1e-40F, INFINITY, NAN}) {
    RequireUnusable(with({bad}, {0}), "a scale that is not a normal float > 0");
  }
  const std::vector<int64_t> zeros = {0, 0, 0};
  RequireUnusable(with({1, 1, 1}, zeros), "do not fit its quantized dimension");
  RequireUnusable(with({1, 1, 1, 1}, {0, 0, 0, 0}, 1), "do not fit its quantized dimension");
  RequireUnusable(with({1, 1, 1, 1}, {0, 0, 0, 0}, -1), "do not fit its quantized dimension");
}

TEST_CASE("The indices of an ArgMax are int32 or int64", "[tflite]") {
  const auto with = [](tflite::TensorType type) {
    RawModel model;
    model.buffers.push_back({std::vector<uint8_t>(4)});
    model.tensors = {{"x", {4}}, {"y", {}, type}, {"axis", {1}, tflite::TensorType_INT32, 1}};
    model.operators = {{tflite::BuiltinOperator_ARG_MAX, {0, 2}, {1}}};
    return model;
  };
  CHECK_NOTHROW(with(tflite::TensorType_INT32).Read());
  CHECK_NOTHROW(with(tflite::TensorType_INT64).Read());
  for (const auto bad : {tflite::TensorType_INT16, tflite::TensorType_FLOAT32}) {
    RequireUnusable(with(bad), "indices are int32 or int64");
  }
}

TEST_CASE("Unknown operators are all named, custom ones by their own name", "[tflite]") {
  RawModel model;
  model.tensors.push_back({"z", {4}});
  model.tensors.push_back({"u", {4}});
  model.operators.push_back({tflite::BuiltinOperator_CUSTOM, {1}, {2}, "Detection_PostProcess"});
  model.operators.push_back({32000, {2}, {3}});
  model.outputs = {3};
  RequireUnsupported(model, "node 'z' (CUSTOM Detection_PostProcess)");
  RequireUnsupported(model, "node 'u' (operator 32000)");
}

TEST_CASE("Operator codes that do not exist are refused", "[tflite]") {
  flatbuffers::FlatBufferBuilder b;
  const auto inputs = b.CreateVector<int32_t>({0}), outputs = b.CreateVector<int32_t>({1});
  const auto op = tflite::CreateOperator(b, 7, inputs, outputs);
  const auto tensor = [&](const char* name) {
    const auto shape = b.CreateVector<int32_t>({4});
    const auto text = b.CreateString(name);
    return tflite::CreateTensor(b, shape, tflite::TensorType_FLOAT32, 0, text);
  };
  const std::vector<flatbuffers::Offset<tflite::Tensor>> tensors = {tensor("x"), tensor("y")};
  const auto tensor_vector = b.CreateVector(tensors);
  const auto in = b.CreateVector<int32_t>({0}), out = b.CreateVector<int32_t>({1});
  const auto subgraph = tflite::CreateSubGraph(b, tensor_vector, in, out, b.CreateVector(&op, 1));
  const auto subgraphs = b.CreateVector(&subgraph, 1);
  const auto buffer = tflite::CreateBuffer(b);
  b.Finish(tflite::CreateModel(b, 3, 0, subgraphs, 0, b.CreateVector(&buffer, 1)),
           tflite::ModelIdentifier());
  const std::string bytes(reinterpret_cast<const char*>(b.GetBufferPointer()), b.GetSize());
  CHECK_THAT(ErrorOf([&] { ReadTflite(AsBytes(bytes), nullptr); }),
             IsError(ErrorKind::kUnusable, "operator code 7 does not exist"));
}

TEST_CASE("Element types that we do not compute with are named", "[tflite]") {
  RawModel model;
  model.tensors[0].type = tflite::TensorType_STRING;
  RequireUnsupported(model, "tensor 'x': element type STRING is not supported");
}

TEST_CASE("Misaligned constants are copied to where their type may lie", "[tflite]") {
  GraphBuilder b;
  const Graph graph = b.Output(b.Emit(Add{}, {b.Input("x", {4}), b.Random("c", {4})})).Build();
  const SharedBytes file = WriteTflite(graph);
  const std::span<const std::byte> bytes = *file;
  const auto shifted = std::make_shared<std::vector<std::byte>>(bytes.size() + 64);
  std::memcpy(shifted->data() + 4, bytes.data(), bytes.size());
  const Graph read = ReadTflite(std::span(*shifted).subspan(4, bytes.size()), shifted);
  const auto values = read.tensor(read.FindTensor("c")).Values<float>();
  CHECK(reinterpret_cast<uintptr_t>(values.data()) % alignof(float) == 0);
  const auto expected = graph.tensor(graph.FindTensor("c")).Values<float>();
  CHECK(std::vector<float>(values.begin(), values.end()) ==
        std::vector<float>(expected.begin(), expected.end()));
}

}  // namespace
}  // namespace qconvert
