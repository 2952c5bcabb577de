// Builds TFLite files that no writer of ours would: damaged, strange, or of other tools.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tflite_generated.h"
#include <flatbuffers/flatbuffers.h>

#include "lib/graph/graph.h"
#include "lib/tflite/reader.h"

namespace qconvert {

struct RawTensor {
  std::string name;
  std::vector<int32_t> shape;
  tflite::TensorType type = tflite::TensorType_FLOAT32;
  uint32_t buffer = 0;
  std::vector<float> scales = {};
  std::vector<int64_t> zero_points = {};
  int axis = 0;
};

struct RawBuffer {
  std::vector<uint8_t> data;
  uint64_t offset = 0, size = 0;  ///< in the file, when there is no data
};

struct RawOperator {
  int code = tflite::BuiltinOperator_RELU;
  std::vector<int32_t> inputs, outputs;
  std::string custom_code = {};
  tflite::BuiltinOptions options_type = tflite::BuiltinOptions_NONE;
  std::function<flatbuffers::Offset<void>(flatbuffers::FlatBufferBuilder&)> options = nullptr;
};

/// A file with one subgraph; as it stands it holds y = Relu(x).
struct RawModel {
  uint32_t version = 3;
  std::vector<RawTensor> tensors = {{"x", {4}}, {"y", {4}}};
  std::vector<RawBuffer> buffers = {{}};
  std::vector<RawOperator> operators = {{tflite::BuiltinOperator_RELU, {0}, {1}}};
  std::vector<int32_t> inputs = {0}, outputs = {1};

  std::string Bytes() const {
    flatbuffers::FlatBufferBuilder b;
    std::vector<flatbuffers::Offset<tflite::Buffer>> all_buffers;
    for (const RawBuffer& buffer : buffers) {
      const auto data = buffer.data.empty() ? 0 : b.CreateVector(buffer.data);
      all_buffers.push_back(tflite::CreateBuffer(b, data, buffer.offset, buffer.size));
    }
    std::vector<flatbuffers::Offset<tflite::Tensor>> all_tensors;
    for (const RawTensor& tensor : tensors) all_tensors.push_back(Add(b, tensor));
    std::vector<flatbuffers::Offset<tflite::OperatorCode>> codes;
    std::vector<flatbuffers::Offset<tflite::Operator>> all_operators;
    for (const RawOperator& op : operators) {
      const auto custom = op.custom_code.empty() ? 0 : b.CreateString(op.custom_code);
      const auto options = op.options ? op.options(b) : flatbuffers::Offset<void>();
      const auto read = b.CreateVector(op.inputs), computed = b.CreateVector(op.outputs);
      all_operators.push_back(tflite::CreateOperator(b, static_cast<uint32_t>(codes.size()), read,
                                                     computed, op.options_type, options));
      codes.push_back(
          tflite::CreateOperatorCode(b, static_cast<int8_t>(op.code < 127 ? op.code : 127), custom,
                                     1, static_cast<tflite::BuiltinOperator>(op.code)));
    }
    const auto tensor_vector = b.CreateVector(all_tensors);
    const auto input_vector = b.CreateVector(inputs), output_vector = b.CreateVector(outputs);
    const auto subgraph = tflite::CreateSubGraph(b, tensor_vector, input_vector, output_vector,
                                                 b.CreateVector(all_operators));
    const auto code_vector = b.CreateVector(codes);
    const auto subgraph_vector = b.CreateVector(&subgraph, 1);
    b.Finish(tflite::CreateModel(b, version, code_vector, subgraph_vector, 0,
                                 b.CreateVector(all_buffers)),
             tflite::ModelIdentifier());
    return {reinterpret_cast<const char*>(b.GetBufferPointer()), b.GetSize()};
  }

  Graph Read() const {
    const auto bytes = std::make_shared<const std::string>(Bytes());
    return ReadTflite(std::as_bytes(std::span(*bytes)), bytes);
  }

 private:
  static flatbuffers::Offset<tflite::Tensor> Add(flatbuffers::FlatBufferBuilder& b,
                                                 const RawTensor& tensor) {
    const auto shape = b.CreateVector(tensor.shape);
    const auto name = b.CreateString(tensor.name);
    const auto scales = b.CreateVector(tensor.scales);
    const auto zero_points = b.CreateVector(tensor.zero_points);
    const auto quant = tflite::CreateQuantizationParameters(
        b, 0, 0, scales, zero_points, tflite::QuantizationDetails_NONE, 0, tensor.axis);
    return tflite::CreateTensor(b, shape, tensor.type, tensor.buffer, name, quant);
  }
};

}  // namespace qconvert
