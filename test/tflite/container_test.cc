// What a file must hold beside its operators, seen through the generated accessors.
#include <algorithm>
#include <cstring>
#include <map>

#include "tflite_generated.h"
#include <catch2/catch.hpp>

#include "lib/tflite/writer.h"
#include "test/support/graph_builder.h"
#include "test/support/operator_cases.h"

namespace qconvert {
namespace {

/// A written file with its accessors.
struct File {
  explicit File(const Graph& graph)
      : held(WriteTflite(graph)), bytes(*held), model(tflite::GetModel(bytes.data())) {}

  const tflite::SubGraph& subgraph() const { return *model->subgraphs()->Get(0); }
  const flatbuffers::Vector<uint8_t>* Data(uint32_t buffer) const {
    return model->buffers()->Get(buffer)->data();
  }
  const tflite::Tensor* Find(const std::string& name) const {
    for (const tflite::Tensor* tensor : *subgraph().tensors()) {
      if (tensor->name()->str() == name) return tensor;
    }
    FAIL("no tensor " << name);
    return nullptr;
  }
  std::string Metadata(const std::string& name) const {
    for (const tflite::Metadata* entry : *model->metadata()) {
      if (entry->name()->str() != name) continue;
      const auto* data = Data(entry->buffer());
      return {data->begin(), data->end()};
    }
    return "none";
  }
  int Version() const { return model->operator_codes()->Get(0)->version(); }

  SharedBytes held;
  std::span<const std::byte> bytes;
  const tflite::Model* model;
};

Graph Classifier() {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 7});
  const TensorId y = b.Emit(FullyConnected{}, {x, b.Random("w", {3, 7}), b.Random("bias", {3})});
  Graph graph = b.Output(b.Emit(Softmax{}, {y}, "y")).Build();
  graph.input_names = {"scores"};
  graph.output_names = {"classes"};
  return graph;
}

TEST_CASE("A file begins as every TFLite file does", "[tflite]") {
  const File file(Classifier());
  CHECK(tflite::ModelBufferHasIdentifier(file.bytes.data()));
  CHECK(std::memcmp(file.bytes.data() + 4, "TFL3", 4) == 0);
  CHECK(file.model->version() == 3);
  CHECK(file.model->subgraphs()->size() == 1);
  CHECK(file.Data(0) == nullptr);  // the buffer of tensors without values
  flatbuffers::Verifier verifier(reinterpret_cast<const uint8_t*>(file.bytes.data()),
                                 file.bytes.size());
  CHECK(tflite::VerifyModelBuffer(verifier));
}

TEST_CASE("Constants lie at multiples of 16 bytes", "[tflite]") {
  for (const OperatorCase& c : OperatorCases()) {
    const File file(c.graph);
    for (const tflite::Buffer* buffer : *file.model->buffers()) {
      if (buffer->data() == nullptr) continue;
      const auto* first = reinterpret_cast<const std::byte*>(buffer->data()->data());
      CHECK((first - file.bytes.data()) % 16 == 0);
    }
  }
}

TEST_CASE("Every tensor has a name, a rank, and as many zero points as scales", "[tflite]") {
  for (const OperatorCase& c : OperatorCases()) {
    const File file(HasInt8Form(c.graph) ? AsInt8(c.graph) : c.graph);
    for (const tflite::Tensor* tensor : *file.subgraph().tensors()) {
      REQUIRE(tensor->name() != nullptr);
      REQUIRE(tensor->name()->size() > 0);
      REQUIRE(tensor->has_rank());
      REQUIRE(tensor->shape() != nullptr);
      const auto* quant = tensor->quantization();
      if (quant == nullptr || quant->scale() == nullptr) continue;
      REQUIRE(quant->zero_point()->size() == quant->scale()->size());
      const auto axis = static_cast<uint32_t>(quant->quantized_dimension());
      const bool fits = quant->scale()->size() == 1 ||
                        static_cast<uint32_t>(tensor->shape()->Get(axis)) == quant->scale()->size();
      REQUIRE(fits);
    }
  }
}

TEST_CASE("The signature names inputs and outputs as ONNX does", "[tflite]") {
  const File file(Classifier());
  const tflite::SignatureDef* signature = file.model->signature_defs()->Get(0);
  CHECK(signature->signature_key()->str() == "serving_default");
  CHECK(signature->inputs()->Get(0)->name()->str() == "scores");
  CHECK(signature->outputs()->Get(0)->name()->str() == "classes");
  const auto tensor = [&](const tflite::TensorMap* map) {
    return file.subgraph().tensors()->Get(map->tensor_index())->name()->str();
  };
  CHECK(tensor(signature->inputs()->Get(0)) == "x");
  CHECK(tensor(signature->outputs()->Get(0)) == "y");
}

TEST_CASE("Codes above 127 are also written for old readers", "[tflite]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {4});
  const File file(b.Output(b.Emit(Gelu{}, {b.Emit(Relu{}, {x})})).Build());
  const auto* relu = file.model->operator_codes()->Get(0);
  CHECK(relu->builtin_code() == tflite::BuiltinOperator_RELU);
  CHECK(relu->deprecated_builtin_code() == tflite::BuiltinOperator_RELU);
  const auto* gelu = file.model->operator_codes()->Get(1);
  CHECK(gelu->builtin_code() == tflite::BuiltinOperator_GELU);
  CHECK(gelu->deprecated_builtin_code() == 127);
}

TEST_CASE("One code serves all operators of its version", "[tflite]") {
  GraphBuilder b;
  TensorId x = b.Input("x", {4});
  for (int i = 0; i < 3; ++i) x = b.Emit(Relu{}, {x});
  CHECK(File(b.Output(x).Build()).model->operator_codes()->size() == 1);
}

TEST_CASE("Int4 weights are packed two to a byte, the first in the low half", "[tflite]") {
  GraphBuilder b;
  Tensor weights = MakeConstantTensor("w", {1, 5}, std::vector<int8_t>{1, -2, 7, -7, 3});
  weights.type = ElementType::kInt4;
  weights.quant = PerLayer(0.5F, 0);
  const File file(b.Output(b.Emit(Dequantize{}, {b.Add(weights)}, "y")).Build());
  const auto* data = file.Data(file.Find("w")->buffer());
  CHECK(std::vector<uint8_t>(data->begin(), data->end()) == std::vector<uint8_t>{0xE1, 0x97, 0x03});
}

TEST_CASE("The same graph gives the same bytes", "[tflite]") {
  CHECK(std::ranges::equal(*WriteTflite(Classifier()), *WriteTflite(Classifier())));
}

TEST_CASE("The file tells the oldest runtime that has all its operators", "[tflite]") {
  const std::string version = File(Classifier()).Metadata("min_runtime_version");
  CHECK(version.size() == 16);
  CHECK(std::string(version.c_str()) == "1.5.0");
  GraphBuilder b;
  const TensorId x = b.Input("x", {4});
  const File file(b.Output(b.Emit(Gelu{}, {b.Emit(HardSwish{}, {x})})).Build());
  CHECK(std::string(file.Metadata("min_runtime_version").c_str()) == "2.9.0");
}

// The versions LiteRT's converter gives operators, by kind and label of the case: float and int8.
// What is not listed has version 1 as float and 2 as int8.
const std::map<std::string, std::pair<int, int>> kVersions = {
    {"Conv2D SAME", {1, 3}},
    {"Conv2D VALID", {1, 3}},
    {"Conv2D dilated", {1, 3}},
    {"Conv2D grouped", {6, 6}},
    {"DepthwiseConv2D SAME, strided", {1, 3}},
    {"DepthwiseConv2D dilated", {2, 3}},
    {"TransposeConv2D VALID", {3, 3}},
    {"TransposeConv2D no bias", {1, 2}},
    {"TransposeConv2D fused", {4, 4}},
    {"FullyConnected matrix", {1, 4}},
    {"FullyConnected no bias", {6, 6}},
    {"FullyConnected more axes", {5, 5}},
    {"Add int64", {4, 0}},
    {"Sub rank 5", {3, 3}},
    {"Div broadcast", {1, 1}},
    {"FloorDiv same shape", {2, 0}},
    {"Select ", {1, 1}},
    {"ReluN1To1 ", {1, 1}},
    {"Relu0To1 ", {1, 1}},
    {"LeakyRelu ", {1, 1}},
    {"PRelu ", {1, 1}},
    {"HardSwish ", {1, 1}},
    {"Elu ", {1, 1}},
    {"Quantize uint8 to int8", {1, 0}},
    {"Dequantize int8 per channel", {5, 0}},
    {"Dequantize int8 per layer", {2, 0}},
    {"Dequantize int4", {6, 0}},
    {"Dequantize float16", {3, 0}},
    {"ResizeBilinear half pixels", {3, 3}},
    {"ResizeNearest half pixels", {3, 3}},
    {"Reshape ", {1, 1}},
    {"Reshape to a scalar", {1, 1}},
    {"Transpose rank 6", {6, 6}},
    {"Pad rank 5", {4, 4}},
    {"Tile ", {1, 3}},
    {"BroadcastTo ", {2, 3}},
};

TEST_CASE("Operators have the version that their types and attributes need", "[tflite]") {
  for (const OperatorCase& c : OperatorCases()) {
    const std::string label = std::string(OnlyNode(c.graph).kind()) + " " + c.label;
    const auto found = kVersions.find(label);
    const auto [real, integer] = found == kVersions.end() ? std::pair(1, 2) : found->second;
    INFO(label);
    CHECK(File(c.graph).Version() == real);
    if (HasInt8Form(c.graph)) CHECK(File(AsInt8(c.graph)).Version() == integer);
  }
}

TEST_CASE("A product that grows needs a newer MUL", "[tflite]") {
  const auto version = [](float result_scale) {
    GraphBuilder b;
    const TensorId x = b.Input("x", {4}, ElementType::kInt8, PerLayer(2, 0));
    b.Output(b.Emit(Mul{}, {x, x}, "y", ElementType::kInt8, PerLayer(result_scale, 0)));
    return File(b.Build()).Version();
  };
  CHECK(version(4.5F) == 2);
  CHECK(version(4) == 3);
}

TEST_CASE("Int4 weights need the versions that read them", "[tflite]") {
  const std::map<std::string_view, int> wanted = {
      {"Conv2D", 7}, {"DepthwiseConv2D", 7}, {"FullyConnected", 10}};
  for (const OperatorCase& c : OperatorCases()) {
    const auto found = wanted.find(OnlyNode(c.graph).kind());
    if (found == wanted.end()) continue;
    Graph graph = AsInt8(c.graph);
    graph.tensor(OnlyNode(graph).input(1)).type = ElementType::kInt4;
    INFO(found->first);
    CHECK(File(graph).Version() == found->second);
  }
}

}  // namespace
}  // namespace qconvert
