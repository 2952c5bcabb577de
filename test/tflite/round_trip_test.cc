// Every operator that TFLite can express is read back as it was written.
#include <algorithm>
#include <cstring>
#include <set>

#include <catch2/catch.hpp>

#include "lib/graph/text.h"
#include "lib/ops/op.h"
#include "lib/passes/verify.h"
#include "lib/tflite/reader.h"
#include "lib/tflite/writer.h"
#include "test/support/errors.h"
#include "test/support/graph_builder.h"
#include "test/support/operator_cases.h"

namespace qconvert {
namespace {

Graph RoundTrip(const Graph& graph, size_t most_in_flatbuffer = kMostInFlatbuffer) {
  const SharedBytes bytes = WriteTflite(graph, most_in_flatbuffer);
  return ReadTflite(*bytes, bytes);
}

/// Requires the same text, and what the text leaves out: parameters and values.
void RequireSame(const Graph& read, const Graph& written) {
  VerifyGraph(read);
  REQUIRE(ToText(read) == ToText(written));
  for (TensorId id = 0; id < written.tensor_count(); ++id) {
    const Tensor& before = written.tensor(id);
    const Tensor& after = read.tensor(read.FindTensor(before.name));
    REQUIRE(after.quant == before.quant);
    REQUIRE(after.is_constant() == before.is_constant());
    if (!before.is_constant()) continue;
    REQUIRE(std::ranges::equal(after.constant->bytes, before.constant->bytes));
  }
  REQUIRE(read.input_names == written.input_names);
  REQUIRE(read.output_names == written.output_names);
}

std::string LabelOf(const OperatorCase& c) {
  return std::string(OnlyNode(c.graph).kind()) + " " + c.label;
}

TEST_CASE("Every operator with a TFLite form has a case here", "[tflite]") {
  std::set<std::string_view> covered;
  for (const OperatorCase& c : OperatorCases()) covered.insert(OnlyNode(c.graph).kind());
  for (const Op* op : AllOps()) {
    INFO(op->name);
    CHECK((covered.count(op->name) == 1) == (op->tflite.code >= 0));
  }
}

TEST_CASE("Every operator is read as it was written", "[tflite]") {
  for (const OperatorCase& c : OperatorCases()) {
    INFO(LabelOf(c));
    RequireSame(RoundTrip(c.graph), c.graph);
  }
}

TEST_CASE("Every integer operator is read as it was written", "[tflite]") {
  size_t count = 0;
  for (const OperatorCase& c : OperatorCases()) {
    if (!HasInt8Form(c.graph)) continue;
    ++count;
    INFO(LabelOf(c));
    RequireSame(RoundTrip(AsInt8(c.graph)), AsInt8(c.graph));
  }
  CHECK(count > 60);
}

TEST_CASE("A real attribute of an int16 operator is read as it was written", "[tflite]") {
  GraphBuilder b;
  const QuantParams quant = PerLayer(0x1p-10F, 0);
  const TensorId x = b.Input("x", {4}, ElementType::kInt16, quant);
  b.Output(b.Emit(Pad{{1}, {0}, -0.5F}, {x}, "y", ElementType::kInt16, quant));
  const Graph graph = b.Build();
  RequireSame(RoundTrip(graph), graph);
}

TEST_CASE("Attributes are no operands and leave no tensor behind", "[tflite]") {
  for (const OperatorCase& c : OperatorCases()) {
    const Graph read = RoundTrip(c.graph);
    INFO(LabelOf(c));
    CHECK(OnlyNode(read).inputs().size() == OnlyNode(c.graph).inputs().size());
  }
}

TEST_CASE("Operators without a TFLite form are all listed", "[tflite]") {
  GraphBuilder b;
  const TensorId x = b.Emit(Erf{}, {b.Input("x", {4})}, "error");
  b.Output(b.Emit(Clip{-1, 2}, {b.Emit(Relu{}, {x})}, "cut"));
  const Error error = ErrorOf([&] { WriteTflite(b.Build()); });
  CHECK_THAT(error, IsError(ErrorKind::kUnsupported, "node 'error' (Erf)"));
  CHECK_THAT(error, IsError(ErrorKind::kUnsupported, "node 'cut' (Clip)"));
  CHECK(std::string(error.what()).find("Relu") == std::string::npos);
}

TEST_CASE("Several nodes, shared tensors and metadata survive", "[tflite]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 4});
  const TensorId w = b.Random("w", {4, 4});
  const TensorId p = b.Emit(FullyConnected{}, {x, w}, "p");
  const TensorId q = b.Emit(FullyConnected{Activation::kRelu}, {p, w}, "q");
  b.Output(b.Emit(Add{}, {p, q}, "sum")).Output(p);
  Graph graph = b.Build();
  graph.name = "main";
  graph.metadata = {{"layout.x", "keep"}, {"calibration", "3 samples, \xC3\xA9"}, {"empty", ""}};
  graph.input_names = {"input:0"};
  graph.output_names = {"first", "second"};
  const Graph read = RoundTrip(graph);
  RequireSame(read, graph);
  CHECK(read.name == "main");
  CHECK(read.metadata == graph.metadata);
}

TEST_CASE("Constants survive behind the flatbuffer", "[tflite]") {
  for (const OperatorCase& c : OperatorCases()) {
    INFO(LabelOf(c));
    RequireSame(RoundTrip(c.graph, 0), c.graph);
  }
}

TEST_CASE("The last constant behind the flatbuffer has bytes behind it", "[tflite]") {
  GraphBuilder b;
  const Graph graph = b.Output(b.Emit(Add{}, {b.Input("x", {5}), b.Random("c", {5})})).Build();
  const SharedBytes file = WriteTflite(graph, 0);
  const Graph read = ReadTflite(*file, file);
  const std::span<const std::byte> last = read.tensor(read.FindTensor("c")).constant->bytes;
  CHECK((last.data() - file->data()) % 16 == 0);
  CHECK(file->data() + file->size() - (last.data() + last.size()) >= 16);
  CHECK(file->size() % 16 == 0);
}

TEST_CASE("A constant that nobody else holds is let go when it is written", "[tflite]") {
  const size_t most_in_flatbuffer = GENERATE(size_t{0}, kMostInFlatbuffer);
  GraphBuilder b;
  Graph graph = b.Output(b.Emit(Add{}, {b.Input("x", {5}), b.Random("c", {5})})).Build();
  const std::weak_ptr<const void> held = graph.tensor(graph.FindTensor("c")).constant->owner;
  b = GraphBuilder();
  const SharedBytes file = WriteTflite(std::move(graph), most_in_flatbuffer);
  CHECK(held.expired());
}

TEST_CASE("Constants without elements survive", "[tflite]") {
  GraphBuilder b;
  const TensorId none = b.Constant<float>("none", {0, 3}, {});
  b.Output(b.Emit(Concat{0}, {b.Input("x", {2, 3}), none}, "y"));
  const Graph graph = b.Build();
  CHECK(RoundTrip(graph).tensor(RoundTrip(graph).FindTensor("none")).is_constant());
}

TEST_CASE("What nobody reads is not written", "[tflite]") {
  GraphBuilder b;
  b.Random("unused", {100});
  const Graph graph = b.Output(b.Emit(Relu{}, {b.Input("x", {4})})).Build();
  CHECK(RoundTrip(graph).FindTensor("unused") == kNoTensor);
}

TEST_CASE("Equal zero points are written once", "[tflite]") {
  constexpr int64_t kChannels = 1000;
  const auto bytes_of = [](int constants) {
    GraphBuilder b;
    for (int k = 0; k < constants; ++k) {
      Tensor weights = MakeConstantTensor("w" + std::to_string(k), {kChannels, 1},
                                          std::vector<int8_t>(kChannels, static_cast<int8_t>(k)));
      weights.quant = QuantParams{std::vector<float>(kChannels, 1 + static_cast<float>(k)),
                                  std::vector<int32_t>(kChannels, 0), 0};
      b.Output(b.Emit(Dequantize{}, {b.Add(weights)}, "y" + std::to_string(k)));
    }
    const Graph graph = b.Build();
    RequireSame(RoundTrip(graph), graph);
    return static_cast<int64_t>(WriteTflite(graph)->size());
  };
  // A byte and a scale of 4 for each channel, and less for the rest than 8 bytes for each would be.
  CHECK(bytes_of(2) - bytes_of(1) < kChannels * (1 + 4) + kChannels);
}

}  // namespace
}  // namespace qconvert
