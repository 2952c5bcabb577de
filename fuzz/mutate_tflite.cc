#include "fuzz/mutate_tflite.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

// With the object API, which the readers do not need.
#include <tflite_objects.h>

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most);

namespace qconvert {
namespace {

constexpr int32_t kTellingSizes[] = {0,  1,   2,    3,  4,  5,         8,         16,
                                     64, 127, 1000, -1, -2, INT32_MAX, INT32_MIN, 65536};
constexpr float kTellingScales[] = {1,     0.5F,   1.0F / 256, 1.0F / 128, 1.0F / 32768, 1e-30F,
                                    1e30F, 1e-38F, 3e38F,      0,          -1,           NAN};
constexpr int64_t kTellingZeroPoints[] = {0,   1,     -1,        -128,      127,      128,
                                          255, 32767, INT32_MIN, INT32_MAX, INT64_MAX};
constexpr tflite::TensorType kTypes[] = {
    tflite::TensorType_FLOAT32, tflite::TensorType_FLOAT16, tflite::TensorType_INT32,
    tflite::TensorType_UINT8,   tflite::TensorType_INT64,   tflite::TensorType_BOOL,
    tflite::TensorType_INT16,   tflite::TensorType_INT8,    tflite::TensorType_INT4};

class Mutation {
 public:
  explicit Mutation(unsigned seed) : random_(seed) {}

  template <typename Vector>
  auto& Any(Vector& values) {
    return values[random_() % values.size()];
  }

  void Apply(tflite::ModelT& model) {
    if (model.subgraphs.empty() || !model.subgraphs[0]) return;
    tflite::SubGraphT& graph = *model.subgraphs[0];
    if (graph.tensors.empty() || graph.operators.empty()) return;
    switch (random_() % 8) {
      case 0:
      case 1:
      case 2:
        return Change(*Any(graph.tensors));
      case 3:
        return ChangeBuffer(model, *Any(graph.tensors));
      case 4:
      case 5:
        return Change(model, graph, *Any(graph.operators));
      case 6:
        return ChangeCode(model);
      default:
        return ChangeEnds(graph);
    }
  }

  /// Changes a scalar of an operator's options in place.
  void ChangeOptions(uint8_t* data, size_t size) {
    const auto* subgraphs = tflite::GetModel(data)->subgraphs();
    if (subgraphs == nullptr || subgraphs->size() == 0) return;
    const auto* operators = subgraphs->Get(0)->operators();
    if (operators == nullptr || operators->size() == 0) return;
    const auto* chosen = operators->Get(static_cast<unsigned>(random_() % operators->size()));
    const auto* options = static_cast<const flatbuffers::Table*>(chosen->builtin_options());
    if (options == nullptr) return;
    const uint8_t* vtable = options->GetVTable();
    const auto entries = flatbuffers::ReadScalar<flatbuffers::voffset_t>(vtable) / 2U;
    if (entries <= 2) return;
    const auto entry = 2 + static_cast<unsigned>(random_()) % (entries - 2);
    const auto offset = flatbuffers::ReadScalar<flatbuffers::voffset_t>(vtable + 2 * entry);
    auto* field = const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(options)) + offset;
    if (offset == 0 || field + 4 > data + size) return;
    const int32_t value = kTellingSizes[random_() % std::size(kTellingSizes)];
    std::memcpy(field, &value, random_() % 2 == 0 ? 1 : 4);
  }

  bool Chance(unsigned one_in) { return random_() % one_in == 0; }

 private:
  void Change(tflite::TensorT& tensor) {
    switch (random_() % 6) {
      case 0:
        tensor.type = kTypes[random_() % std::size(kTypes)];
        return;
      case 1:
        if (!tensor.shape.empty()) Any(tensor.shape) = Size();
        return;
      case 2:
        if (Chance(2)) tensor.shape.push_back(Size());
        if (!tensor.shape.empty() && Chance(2)) tensor.shape.pop_back();
        return;
      case 3:
        tensor.quantization.reset();
        return;
      default:
        return ChangeQuantization(tensor);
    }
  }

  void ChangeQuantization(tflite::TensorT& tensor) {
    if (!tensor.quantization)
      tensor.quantization = std::make_unique<tflite::QuantizationParametersT>();
    auto& quantization = *tensor.quantization;
    if (quantization.scale.empty() || Chance(4)) {
      const size_t count = Chance(3) && !tensor.shape.empty()
                               ? static_cast<size_t>(std::clamp(tensor.shape.back(), 1, 64))
                               : 1;
      quantization.scale.assign(count, 0.5F);
      quantization.zero_point.assign(count, 0);
      quantization.quantized_dimension = static_cast<int>(random_() % 4);
    }
    Any(quantization.scale) = kTellingScales[random_() % std::size(kTellingScales)];
    if (quantization.zero_point.empty() || Chance(2)) return;
    Any(quantization.zero_point) = kTellingZeroPoints[random_() % std::size(kTellingZeroPoints)];
  }

  void ChangeBuffer(tflite::ModelT& model, tflite::TensorT& tensor) {
    if (model.buffers.empty()) return;
    tensor.buffer = static_cast<uint32_t>(random_() % model.buffers.size());
    auto& buffer = model.buffers[tensor.buffer];
    if (!buffer || Chance(2)) return;
    buffer->data.resize(random_() % 65);
    for (uint8_t& byte : buffer->data) byte = static_cast<uint8_t>(Chance(3) ? random_() : 0);
  }

  void Change(const tflite::ModelT& model, const tflite::SubGraphT& graph, tflite::OperatorT& op) {
    const auto tensor = [&] { return static_cast<int32_t>(random_() % graph.tensors.size()); };
    auto& edges = Chance(3) ? op.outputs : op.inputs;
    switch (random_() % 5) {
      case 0:
        edges.push_back(Chance(8) ? -1 : tensor());
        return;
      case 1:
        if (!edges.empty()) edges.pop_back();
        return;
      case 2:
        if (model.operator_codes.empty()) return;
        op.opcode_index = static_cast<uint32_t>(random_() % model.operator_codes.size());
        return;
      default:
        if (!edges.empty()) Any(edges) = Chance(8) ? -1 : tensor();
    }
  }

  void ChangeCode(tflite::ModelT& model) {
    if (model.operator_codes.empty()) return;
    auto& code = *Any(model.operator_codes);
    code.builtin_code = static_cast<tflite::BuiltinOperator>(random_() % 160);
    code.deprecated_builtin_code = static_cast<int8_t>(std::min<int>(code.builtin_code, 127));
  }

  void ChangeEnds(tflite::SubGraphT& graph) {
    auto& ends = Chance(2) ? graph.inputs : graph.outputs;
    if (Chance(2) && !ends.empty())
      ends.pop_back();
    else
      ends.push_back(static_cast<int32_t>(random_() % graph.tensors.size()));
  }

  int32_t Size() {
    return Chance(2) ? static_cast<int32_t>(random_() % 9)
                     : kTellingSizes[random_() % std::size(kTellingSizes)];
  }

  std::minstd_rand random_;
};

}  // namespace

size_t MutateTflite(uint8_t* data, size_t size, size_t most, unsigned seed) {
  flatbuffers::Verifier verifier(data, size, 64, 100'000);
  if (size < 8 || !tflite::VerifyModelBuffer(verifier)) return LLVMFuzzerMutate(data, size, most);
  Mutation mutation(seed);
  if (mutation.Chance(4)) {
    mutation.ChangeOptions(data, size);
    return size;
  }
  if (mutation.Chance(32)) return LLVMFuzzerMutate(data, size, most);
  const std::unique_ptr<tflite::ModelT> model = tflite::UnPackModel(data);
  do {
    mutation.Apply(*model);
  } while (mutation.Chance(2));
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(tflite::Model::Pack(builder, model.get()), tflite::ModelIdentifier());
  if (builder.GetSize() > most) return size;
  std::memcpy(data, builder.GetBufferPointer(), builder.GetSize());
  return builder.GetSize();
}

}  // namespace qconvert
