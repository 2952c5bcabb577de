// What each target takes of small graphs, and that its profile judges every operator that we write.
#include "lib/tflite/target_fit.h"

#include <algorithm>
#include <memory>
#include <set>

#include <catch2/catch.hpp>

#include "lib/ops/op.h"
#include "lib/tflite/node_numbers.h"
#include "lib/tflite/reader.h"
#include "lib/tflite/writer.h"
#include "test/support/graph_builder.h"
#include "test/support/operator_cases.h"

namespace qconvert {
namespace {

const QuantParams kGrid = PerLayer(0.25F, -3), kOtherGrid = PerLayer(0.5F, 7);

/// Returns why a target does not take the first operator of a graph that has been written and read
/// back; empty: it takes it.
std::string WhyNot(const std::string& target, const Graph& graph) {
  const SharedBytes bytes = WriteTflite(graph);
  const Graph read = ReadTflite(*bytes, bytes);
  const std::vector<UnfitOperator> unfit = FindUnfit(*FindTargetProfile(target), *bytes, read);
  const bool first = !unfit.empty() && unfit.front().place == 0;
  return first ? unfit.front().tflite_name + ": " + unfit.front().reason : "";
}

/// Returns a graph of one operator with int8 operands and results.
Graph Int8(const Operator& op, const std::vector<Shape>& shapes,
           const QuantParams& result = kGrid) {
  GraphBuilder b;
  std::vector<TensorId> inputs;
  for (const Shape& shape : shapes) {
    inputs.push_back(
        b.Input("x" + std::to_string(inputs.size()), shape, ElementType::kInt8, kGrid));
  }
  return b.Output(b.Emit(op, inputs, "y", ElementType::kInt8, result)).Build();
}

Graph Float(const Operator& op, const std::vector<Shape>& shapes) {
  GraphBuilder b;
  std::vector<TensorId> inputs;
  for (const Shape& shape : shapes) {
    inputs.push_back(b.Input("x" + std::to_string(inputs.size()), shape));
  }
  return b.Output(b.Emit(op, inputs)).Build();
}

/// Returns an operator with weights per channel, of which there are 4 along the axis `channels`.
Graph WithWeights(const Operator& op, const Shape& input, const Shape& weights,
                  ElementType activations, ElementType stored = ElementType::kInt8,
                  int channels = 0) {
  GraphBuilder b;
  const bool is_float = activations == ElementType::kFloat32;
  const TensorId x = is_float ? b.Input("x", input) : b.Input("x", input, activations, kGrid);
  Tensor w = MakeConstantTensor("w", weights,
                                std::vector<int8_t>(static_cast<size_t>(NumElements(weights)), 5));
  w.type = stored;
  w.quant = QuantParams{{0.5F, 0.25F, 0.5F, 1}, {0, 0, 0, 0}, channels};
  Tensor bias = MakeConstantTensor("b", {4}, std::vector<int32_t>(4, 1));
  bias.quant = QuantParams{{0.125F, 0.0625F, 0.125F, 0.25F}, {0, 0, 0, 0}, 0};
  const TensorId weight = b.Add(std::move(w));
  const TensorId third = is_float ? b.Random("b", {4}) : b.Add(std::move(bias));
  if (is_float) return b.Output(b.Emit(op, {x, weight, third}, "y")).Build();
  return b.Output(b.Emit(op, {x, weight, third}, "y", activations, kGrid)).Build();
}

Graph Conv(int stride, ElementType activations = ElementType::kInt8, int padding = 0) {
  const Window window{.stride_h = stride,
                      .stride_w = stride,
                      .pad_top = padding,
                      .pad_left = padding,
                      .pad_bottom = padding,
                      .pad_right = padding};
  return WithWeights(Conv2D{window}, {1, 9, 9, 2}, {4, 3, 3, 2}, activations);
}

/// Returns TFLite's names of all operators that the writer writes.
std::set<std::string> WrittenOperators() {
  std::set<std::string> written;
  for (const Op* op : AllOps()) {
    if (op->tflite.code >= 0) written.insert(std::string(TfliteOperatorName(op->tflite.code)));
    for (const TfliteForm& form : op->other_tflite) {
      if (form.when != nullptr) written.insert(std::string(TfliteOperatorName(form.code)));
    }
  }
  return written;
}

TEST_CASE("A profile judges every operator that is written, and no other", "[tflite]") {
  for (const TargetProfile& target : TargetProfiles()) {
    INFO(target.title);
    std::set<std::string> judged(target.lacks.begin(), target.lacks.end());
    for (const AcceptedForm& form : target.accepts) {
      for (const std::string& name : form.operators) {
        INFO(name);
        CHECK(std::ranges::find(target.lacks, name) == target.lacks.end());
        judged.insert(name);
      }
    }
    CHECK(judged == WrittenOperators());
    for (const auto& [name, remedy] : target.remedies) CHECK(judged.count(name) == 1);
  }
}

TEST_CASE("A profile limits known numbers and says where its facts are from", "[tflite]") {
  for (const TargetProfile& target : TargetProfiles()) {
    INFO(target.title);
    for (const AcceptedForm& form : target.accepts) {
      for (const auto& [name, limit] : form.limits) {
        INFO(name);
        CHECK(IsNodeNumber(name));
        CHECK((limit.least || limit.most || !limit.one_of.empty()));
      }
    }
    REQUIRE_FALSE(target.sources.empty());
    for (const ProfileSource& source : target.sources) {
      CHECK_FALSE(source.document.empty());
      CHECK_FALSE(source.version.empty());
      CHECK(source.date.size() == std::string("2026-01-31").size());
    }
    CHECK(target.otherwise.empty() == !target.remedy.empty());
  }
  CHECK_FALSE(IsNodeNumber("strides"));
}

TEST_CASE("Every operator has a verdict of every target, in float and in integers", "[tflite]") {
  for (const std::string& target : TargetNames()) {
    size_t taken = 0, refused = 0;
    for (const OperatorCase& c : OperatorCases()) {
      INFO(target + " " + std::string(OnlyNode(c.graph).kind()) + " " + c.label);
      ++(WhyNot(target, c.graph).empty() ? taken : refused);
      if (HasInt8Form(c.graph)) ++(WhyNot(target, AsInt8(c.graph)).empty() ? taken : refused);
    }
    CHECK(taken > 30);
    CHECK(refused > 20);
  }
}

TEST_CASE("XNNPACK takes convolutions in float and in integers, and few 8-bit activations",
          "[tflite]") {
  CHECK(WhyNot("xnnpack", Conv(4)) == "");
  CHECK(WhyNot("xnnpack", Conv(4, ElementType::kFloat32)) == "");
  CHECK(WhyNot("xnnpack", Float(Relu{}, {{2, 3}})) == "");
  CHECK(WhyNot("xnnpack", Int8(Relu{}, {{2, 3}})) == "RELU: types are int8, not float32");
  CHECK(WhyNot("xnnpack", Int8(Logistic{}, {{2, 3}}, PerLayer(1 / 256.0F, -128))) == "");
  CHECK(WhyNot("xnnpack", Float(Pow{}, {{2}, {2}})) == "POW: no such operator");
}

TEST_CASE("XNNPACK takes float activations beside integer weights, but for depthwise convolutions",
          "[tflite]") {
  const ElementType real = ElementType::kFloat32;
  CHECK(WhyNot("xnnpack", WithWeights(FullyConnected{}, {2, 6}, {4, 6}, real)) == "");
  const Graph depthwise = WithWeights(DepthwiseConv2D{}, {1, 5, 5, 4}, {1, 3, 3, 4}, real,
                                      ElementType::kInt8, /*channels=*/3);
  CHECK(WhyNot("xnnpack", depthwise).find("DEPTHWISE_CONV_2D: types are float32, int8") == 0);
}

TEST_CASE("XNNPACK takes as many operands and such scales as its delegate says", "[tflite]") {
  CHECK(WhyNot("xnnpack", Int8(Concat{1}, std::vector<Shape>(5, {2, 1}))) == "");
  CHECK(WhyNot("xnnpack", Int8(Concat{1}, std::vector<Shape>(6, {2, 1}))) ==
        "CONCATENATION: number of operands is not 2 to 5");
  CHECK(WhyNot("xnnpack", Int8(Mul{}, {{2}, {2}}, PerLayer(0.0002F, 0)))
            .find("product of the operands' scales") != std::string::npos);
  CHECK(WhyNot("xnnpack", Int8(AveragePool2D{2, 2, {}}, {{1, 4, 4, 1}})) ==
        "AVERAGE_POOL_2D: types are int8, not float32");
}

TEST_CASE("Weights that become float first are constants to XNNPACK, unless they have 4 bits",
          "[tflite]") {
  for (const ElementType stored : {ElementType::kInt8, ElementType::kInt4}) {
    GraphBuilder b;
    const TensorId x = b.Input("x", {1, 5, 5, 1});
    Tensor w = MakeConstantTensor("w", {1, 1, 1, 1}, std::vector<int8_t>{3});
    w.type = stored;
    w.quant = PerLayer(0.5F, 0);
    const TensorId real = b.Emit(Dequantize{}, {b.Add(w)}, "real");
    const Graph graph = b.Output(b.Emit(Conv2D{}, {x, real, b.Random("b", {1})}, "y")).Build();
    const SharedBytes bytes = WriteTflite(graph);
    const Graph read = ReadTflite(*bytes, bytes);
    const auto unfit = FindUnfit(*FindTargetProfile("xnnpack"), *bytes, read);
    CHECK(unfit.size() == (stored == ElementType::kInt8 ? 0 : 2));
  }
}

TEST_CASE("Ethos-U takes integers within the limits that Vela prints", "[tflite]") {
  const std::string target = "ethos-u";
  CHECK(WhyNot(target, Conv(3)) == "");
  CHECK(WhyNot(target, Conv(4)) == "");  // nothing is padded
  CHECK(WhyNot(target, Conv(4, ElementType::kInt8, 1)) ==
        "CONV_2D: stride_h is not 1 to 3, or padding is not 0");
  CHECK(WhyNot(target, Conv(1, ElementType::kFloat32)).find("CONV_2D: types are float32, int8") ==
        0);
  CHECK(WhyNot(target, Int8(Maximum{}, {{2}, {2}})) == "");
  CHECK(WhyNot(target, Int8(Maximum{}, {{2}, {2}}, kOtherGrid)) ==
        "MAXIMUM: number of differently quantized tensors is not 0");
  CHECK(WhyNot(target, Float(Relu{}, {{2}})) == "RELU: types are float32, not int8 or int16");
  CHECK(WhyNot(target, Int8(DepthToSpace{2}, {{1, 2, 2, 4}})) ==
        "DEPTH_TO_SPACE: no such operator");
}

TEST_CASE("Ethos-U enlarges by powers of two and reduces what is small enough", "[tflite]") {
  const std::string target = "ethos-u";
  CHECK(WhyNot(target, Int8(ResizeNearest{8, 12}, {{1, 4, 6, 1}})) == "");
  CHECK(WhyNot(target, Int8(ResizeNearest{12, 18}, {{1, 4, 6, 1}})) ==
        "RESIZE_NEAREST_NEIGHBOR: enlargement is not 1, 2, 4 or 8, or height times width is not 1");
  CHECK(WhyNot(target, Int8(ResizeNearest{7, 7}, {{1, 1, 1, 1}})) == "");
  CHECK(WhyNot(target, Int8(ResizeBilinear{16, 16, false, true}, {{1, 4, 4, 1}})) ==
        "RESIZE_BILINEAR: half_pixel_centers is not 0, or enlargement is not 1 to 2, or height "
        "times width is not 1");
  CHECK(WhyNot(target, Int8(Mean{{1, 2}, true}, {{1, 7, 7, 9}})) == "");
  CHECK(WhyNot(target, Int8(Mean{{1, 2}, true}, {{2, 7, 7, 9}})) == "MEAN: batch size is not 1");
  CHECK(WhyNot(target, Int8(Mean{{3}, true}, {{1, 7, 7, 9}})) ==
        "MEAN: smallest of height, width and channels is not 1");
  CHECK(WhyNot(target, Int8(ReduceMax{{0, 1}, true}, {{3, 5}})) == "");
  CHECK(WhyNot(target, Int8(ReduceMax{{0, 1}, false}, {{3, 5}})) ==
        "REDUCE_MAX: rank is not at least 1");
}

TEST_CASE("Weights of one channel are bounded for Ethos-U", "[tflite]") {
  const Shape large = {4, 1 << 21};
  const Graph graph = WithWeights(FullyConnected{}, {1, 1 << 21}, large, ElementType::kInt8);
  CHECK(WhyNot("ethos-u", graph).find("absolute weights is not at most 8323072") !=
        std::string::npos);
  CHECK(WhyNot("tflm", graph) == "");
}

TEST_CASE("TensorFlow Lite Micro takes what its kernels prepare", "[tflite]") {
  CHECK(WhyNot("tflm", Conv(5)) == "");
  CHECK(WhyNot("tflm", Float(Neg{}, {{2}})) == "");
  CHECK(WhyNot("tflm", Int8(Neg{}, {{2}})) == "NEG: types are int8, not float32");
  CHECK(WhyNot("tflm", Float(Gelu{}, {{2}})) == "GELU: no such operator");
  CHECK(WhyNot("tflm", Int8(StridedSlice{{0, 0, 0, 0, 0}, {1, 1, 1, 1, 1}, {1, 1, 1, 1, 1}},
                            {{1, 2, 1, 2, 1}})) == "STRIDED_SLICE: rank is not 0 to 4");
  const ElementType byte = ElementType::kInt8, half_byte = ElementType::kInt4;
  const Shape input = {2, 6}, weights = {4, 6};
  CHECK(WhyNot("tflm", WithWeights(FullyConnected{}, input, weights, byte)) == "");
  CHECK(WhyNot("tflm", WithWeights(FullyConnected{}, input, weights, byte, half_byte)) ==
        "FULLY_CONNECTED: number of scales per operand is not 1");
}

TEST_CASE("Only targets that exist have a profile", "[tflite]") {
  CHECK(TargetNames() ==
        std::vector<std::string>{"ethos-u", "ethos-u55", "ethos-u65", "tflm", "xnnpack"});
  CHECK(FindTargetProfile("ethos-u99") == nullptr);
}

}  // namespace
}  // namespace qconvert
