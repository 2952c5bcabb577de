// Writes seeds that need our code: write_seeds FOLDER makes FOLDER/onnx, tflite, tensor_proto,
// evidence and training_state.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include <onnx.pb.h>

#include "lib/calibration/calibrate.h"
#include "lib/calibration/statistic_kinds.h"
#include "lib/calibration/synthetic_inputs.h"
#include "lib/ops/op.h"
#include "lib/tflite/writer.h"
#include "lib/tuning/training_state.h"
#include "test/support/graph_builder.h"
#include "test/support/operator_cases.h"

namespace qconvert {
namespace {

namespace fs = std::filesystem;

void Write(const fs::path& folder, const std::string& name, const std::string& bytes) {
  fs::create_directories(folder);
  std::ofstream(folder / name, std::ios::binary) << bytes;
}

std::string Text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void WriteTfliteSeeds(const fs::path& folder) {
  int number = 0;
  const auto write = [&](const Graph& graph) {
    try {
      Write(folder, std::to_string(number++), Text(*WriteTflite(graph)));
    } catch (const Error&) {
      return;  // a case that needs passes before it can be written
    }
  };
  for (const OperatorCase& c : OperatorCases()) {
    write(c.graph);
    if (HasInt8Form(c.graph)) write(AsInt8(c.graph));
  }
}

/// A model under construction: x, y and z of shape 1x2x4x4, and constants that most operators take.
class OnnxSeed {
 public:
  OnnxSeed() {
    model_.set_ir_version(8);
    model_.add_opset_import()->set_version(17);
    for (const char* name : {"x", "y", "z"}) AddInput(name);
    AddWeights("w", {3, 2, 3, 3});
    AddWeights("m", {4, 4});
    AddWeights("c", {2});
    AddIntegers("axes", {1});
    AddIntegers("shape", {1, 2, 16});
    AddIntegers("pads", {0, 0, 1, 1, 0, 0, 1, 1});
  }

  OnnxSeed& Node(const std::string& type, const std::vector<std::string>& inputs) {
    onnx::NodeProto& node = *graph().add_node();
    node.set_op_type(type);
    node.set_name(type + std::to_string(graph().node_size()));
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output("t" + std::to_string(graph().node_size()));
    return *this;
  }

  std::string Bytes() {
    graph().clear_output();
    graph().add_output()->set_name("t" + std::to_string(graph().node_size()));
    return model_.SerializeAsString();
  }

 private:
  onnx::GraphProto& graph() { return *model_.mutable_graph(); }

  void AddInput(const std::string& name) {
    onnx::ValueInfoProto& input = *graph().add_input();
    input.set_name(name);
    auto& type = *input.mutable_type()->mutable_tensor_type();
    type.set_elem_type(onnx::TensorProto::FLOAT);
    for (const int64_t dim : {1, 2, 4, 4}) type.mutable_shape()->add_dim()->set_dim_value(dim);
  }

  void AddWeights(const std::string& name, const Shape& shape) {
    onnx::TensorProto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    for (const int64_t dim : shape) tensor.add_dims(dim);
    for (int64_t i = 0; i < NumElements(shape); ++i) {
      tensor.add_float_data(static_cast<float>(i % 13) / 8 - 0.5F);
    }
  }

  void AddIntegers(const std::string& name, const std::vector<int64_t>& values) {
    onnx::TensorProto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::INT64);
    tensor.add_dims(static_cast<int64_t>(values.size()));
    for (const int64_t value : values) tensor.add_int64_data(value);
  }

  onnx::ModelProto model_;
};

/// One model for each operator and plausible list of operands; those that are refused are seeds,
/// too.
void WriteOnnxSeeds(const fs::path& folder) {
  const std::vector<std::vector<std::string>> operands = {
      {"x"},          {"x", "y"},    {"x", "y", "z"},
      {"x", "w"},     {"x", "m"},    {"x", "axes"},
      {"x", "shape"}, {"x", "pads"}, {"x", "c", "c", "c", "c"}};
  std::vector<const OnnxSpelling*> spellings;
  for (const Op* op : AllOps()) {
    for (const OnnxSpelling& spelling : op->onnx) spellings.push_back(&spelling);
  }
  for (const OnnxSpelling& spelling : OnnxOnlySpellings()) spellings.push_back(&spelling);
  for (const OnnxSpelling* spelling : spellings) {
    for (size_t i = 0; i < operands.size(); ++i) {
      Write(folder, std::string(spelling->name) + std::to_string(i),
            OnnxSeed().Node(std::string(spelling->name), operands[i]).Bytes());
    }
  }
  Write(folder, "network",
        OnnxSeed()
            .Node("Conv", {"x", "w"})
            .Node("Relu", {"t1"})
            .Node("MaxPool", {"t2"})
            .Node("Sigmoid", {"t2"})
            .Node("Mul", {"t2", "t4"})
            .Node("GlobalAveragePool", {"t5"})
            .Node("Flatten", {"t6"})
            .Node("Softmax", {"t7"})
            .Bytes());
}

void WriteTensorSeeds(const fs::path& folder) {
  for (const int type :
       {onnx::TensorProto::FLOAT, onnx::TensorProto::INT64, onnx::TensorProto::UINT8,
        onnx::TensorProto::DOUBLE, onnx::TensorProto::BOOL}) {
    onnx::TensorProto tensor;
    tensor.set_data_type(type);
    tensor.add_dims(2);
    tensor.set_raw_data(std::string(16, '\1'));
    Write(folder, std::to_string(type), tensor.SerializeAsString());
  }
}

void WriteEvidenceSeed(const fs::path& folder) {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 4});
  const CompiledGraph compiled(b.Output(b.Emit(Relu{}, {x}, "y")).Build());
  ThreadPool threads(1);
  Progress progress("", 2, /*quiet=*/true);
  const Evidence evidence = Calibrate(
      compiled, {0, 2},
      [&](size_t i, Session& session) { FeedSynthetic(compiled.graph(), i, session); },
      AllStatisticKinds(), threads, progress);
  Write(folder, "evidence", Text(evidence.Serialise()));
}

/// Writes the state of the run that training_state_fuzz.cc expects, without its checksum.
void WriteStateSeed(const fs::path& folder) {
  const std::vector<std::string> run = {"seed: 0"};
  TrainingState state;
  state.curve = {{3, 0.75, {100, true, 91, 19.5}}};
  state.parameters = {1, 2, 3};
  state.moments = {1, 2, 3, 4, 5, 6};
  state.best = state.parameters;
  const std::vector<std::byte> bytes = StateBytes(state, run);
  Write(folder, "state", Text(std::span(bytes).first(bytes.size() - sizeof(uint64_t))));
}

}  // namespace
}  // namespace qconvert

int main(int argc, char** argv) {
  using namespace qconvert;
  if (argc != 2) return 2;
  const fs::path folder = argv[1];
  WriteOnnxSeeds(folder / "onnx");
  WriteTfliteSeeds(folder / "tflite");
  WriteTensorSeeds(folder / "tensor_proto");
  WriteEvidenceSeed(folder / "evidence");
  WriteStateSeed(folder / "training_state");
  return 0;
}
