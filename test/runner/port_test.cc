#include "lib/runner/port.h"

#include <cstring>

#include <catch2/catch.hpp>

#include "test/support/errors.h"
#include "test/support/graph_builder.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

constexpr int64_t kN = 2, kH = 3, kW = 4, kC = 5;

size_t NchwIndex(int64_t n, int64_t c, int64_t h, int64_t w) {
  return static_cast<size_t>(((n * kC + c) * kH + h) * kW + w);
}

/// Returns [N,H,W,C] values for [N,C,H,W] ones.
template <typename T>
std::vector<T> ToNhwc(const std::vector<T>& nchw) {
  std::vector<T> nhwc;
  for (int64_t n = 0; n < kN; ++n) {
    for (int64_t h = 0; h < kH; ++h) {
      for (int64_t w = 0; w < kW; ++w) {
        for (int64_t c = 0; c < kC; ++c) nhwc.push_back(nchw[NchwIndex(n, c, h, w)]);
      }
    }
  }
  return nhwc;
}

/// A graph that passes its input on, channels last where its metadata says so.
Graph Passing(Tensor tensor, const std::string& layout) {
  GraphBuilder b;
  tensor.name = "x";
  const TensorId x = b.Add(std::move(tensor));
  Graph graph = b.Build();
  graph.inputs = graph.outputs = {x};
  graph.input_names = graph.output_names = {"image"};
  graph.metadata["layout.image"] = layout;
  return graph;
}

template <typename T>
std::vector<T> Write(const Graph& graph, const std::vector<T>& value, size_t bytes) {
  std::vector<T> written(bytes / sizeof(T));
  WriteInput(graph, InputPorts(graph)[0], std::as_bytes(std::span(value)),
             std::as_writable_bytes(std::span(written)));
  return written;
}

const Shape kNhwc = {kN, kH, kW, kC};
const Shape kNchw = {kN, kC, kH, kW};
constexpr size_t kCount = kN * kH * kW * kC;

TEST_CASE("Ports have ONNX's names and layout", "[runner]") {
  const Graph nhwc = Passing({"", ElementType::kFloat32, kNhwc}, "nhwc");
  const Port port = InputPorts(nhwc).at(0);
  CHECK(port.name == "image");
  CHECK(port.nhwc);
  CHECK(port.shape == kNchw);
  const Graph keep = Passing({"", ElementType::kFloat32, kNhwc}, "keep");
  CHECK(OutputPorts(keep).at(0).shape == kNhwc);
  const Graph flat = Passing({"", ElementType::kFloat32, {2, 3}}, "nhwc");
  CHECK_FALSE(InputPorts(flat).at(0).nhwc);
  Graph unnamed = keep;
  unnamed.input_names.clear();
  CHECK(InputPorts(unnamed).at(0).name == "x");
}

TEST_CASE("Values are permuted on the way in and back on the way out", "[runner]") {
  const Graph graph = Passing({"", ElementType::kFloat32, kNhwc}, "nhwc");
  const std::vector<float> value = RandomFloats(kCount, 1);
  const std::vector<float> inside = Write(graph, value, kCount * sizeof(float));
  CHECK(inside == ToNhwc(value));
  CHECK(ReadOutput(graph, OutputPorts(graph)[0], std::as_bytes(std::span(inside))) == value);
}

TEST_CASE("Integer inputs are permuted like float ones", "[runner]") {
  const auto check = [](const auto& value, ElementType type) {
    const Graph graph = Passing({"", type, kNhwc}, "nhwc");
    const auto inside = Write(graph, value, kCount * sizeof(value[0]));
    CHECK(inside == ToNhwc(value));
    const std::vector<float> back =
        ReadOutput(graph, OutputPorts(graph)[0], std::as_bytes(std::span(inside)));
    CHECK(back == std::vector<float>(value.begin(), value.end()));
  };
  const std::vector<int8_t> random = RandomInt8(kCount, 1, 0, 127);
  check(std::vector<uint8_t>(random.begin(), random.end()), ElementType::kUInt8);
  check(std::vector<int32_t>(random.begin(), random.end()), ElementType::kInt32);
  check(std::vector<int64_t>(random.begin(), random.end()), ElementType::kInt64);
}

TEST_CASE("Reals become the integers of a quantized input, saturated", "[runner]") {
  Graph graph = Passing({"", ElementType::kInt8, {6}, PerLayer(0.5F, 10)}, "keep");
  const std::vector<float> value = {0, 0.25F, -0.25F, 3, 1000, -1000};
  std::vector<int8_t> q(6);
  const auto write = [&](auto& to) {
    WriteInput(graph, InputPorts(graph)[0], std::as_bytes(std::span(value)),
               std::as_writable_bytes(std::span(to)));
  };
  write(q);
  CHECK(q == std::vector<int8_t>{10, 11, 9, 16, 127, -128});  // halves away from zero
  CHECK(ReadOutput(graph, OutputPorts(graph)[0], std::as_bytes(std::span(q))) ==
        std::vector<float>{0, 0.5F, -0.5F, 3, 58.5F, -69});
  graph.tensor(graph.inputs[0]).type = ElementType::kUInt8;
  std::vector<uint8_t> u(6);
  write(u);
  CHECK(u == std::vector<uint8_t>{10, 11, 9, 16, 255, 0});
  graph.tensor(graph.inputs[0]).type = ElementType::kInt16;
  std::vector<int16_t> s(6);
  write(s);
  CHECK(s == std::vector<int16_t>{10, 11, 9, 16, 2010, -1990});
}

TEST_CASE("A sample of the wrong size names the input", "[runner]") {
  const Graph graph = Passing({"", ElementType::kFloat32, {4}}, "keep");
  const std::vector<float> value(GENERATE(3, 5, 0));
  CHECK_THAT(ErrorOf([&] { Write(graph, value, 16); }),
             IsError(ErrorKind::kUnusable, "input 'image': takes 16 bytes"));
}

TEST_CASE("A quantized input of a type that holds no reals is refused", "[runner]") {
  // Files of other tools may say anything; four bytes of a real would not fit one of int4.
  const ElementType type = GENERATE(ElementType::kInt4, ElementType::kBool, ElementType::kFloat16,
                                    ElementType::kInt32, ElementType::kInt64);
  const Graph graph = Passing({"", type, {4}, PerLayer(1, 0)}, "keep");
  std::vector<std::byte> destination(4 * ElementBytes(type));
  const std::vector<float> value(4);
  CHECK_THAT(ErrorOf([&] {
               WriteInput(graph, InputPorts(graph)[0], std::as_bytes(std::span(value)),
                          destination);
             }),
             IsError(ErrorKind::kUnsupported, "input 'image'"));
}

TEST_CASE("A sample with NaN cannot become integers", "[runner]") {
  const Graph graph = Passing({"", ElementType::kInt8, {1}, PerLayer(1, 0)}, "keep");
  const std::vector<float> value = {NAN};
  std::vector<int8_t> q(1);
  CHECK_THAT(ErrorOf([&] {
               WriteInput(graph, InputPorts(graph)[0], std::as_bytes(std::span(value)),
                          std::as_writable_bytes(std::span(q)));
             }),
             IsError(ErrorKind::kUnusable, ""));
}

}  // namespace
}  // namespace qconvert
