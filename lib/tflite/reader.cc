#include "lib/tflite/reader.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <utility>

#include "tflite_generated.h"
#include <flatbuffers/flatbuffers.h>

#include "lib/base/error.h"
#include "lib/base/mapped_file.h"
#include "lib/math/int4.h"
#include "lib/ops/fold.h"
#include "lib/ops/op.h"
#include "lib/tflite/type_codes.h"

namespace qconvert {
namespace {

constexpr std::string_view kMetadataPrefix = "qconvert.";

[[noreturn]] void Refuse(const std::string& reason) { Fail(ErrorKind::kUnusable, reason); }

/// Finds the record and form that read operators of a TFLite code.
std::pair<const Op*, const TfliteForm*> FindForm(int code) {
  for (const Op* op : AllOps()) {
    if (op->tflite.code == code) return {op, &op->tflite};
    for (const TfliteForm& form : op->other_tflite) {
      if (form.code == code) return {op, &form};
    }
  }
  return {nullptr, nullptr};
}

/// The operands of one operator, as its record's `read` sees them.
class NodeReader : public TfliteReadContext {
 public:
  NodeReader(const Graph& graph, const tflite::Operator& source, std::vector<TensorId> inputs,
             std::vector<TensorId> outputs)
      : graph_(graph),
        source_(source),
        inputs_(std::move(inputs)),
        outputs_(std::move(outputs)),
        order_(inputs_.size()) {
    std::iota(order_.begin(), order_.end(), size_t{0});
  }

  const void* Options(int type) const override {
    return source_.builtin_options_type() == type ? source_.builtin_options() : nullptr;
  }
  size_t input_count() const override { return inputs_.size(); }
  bool HasInput(size_t i) const override { return i < inputs_.size() && inputs_[i] != kNoTensor; }
  const Tensor& Input(size_t i) const override {
    if (!HasInput(i)) Refuse("operand " + std::to_string(i) + " is missing");
    return graph_.tensor(inputs_[i]);
  }
  size_t output_count() const override { return outputs_.size(); }
  const Tensor& Output(size_t i) const override {
    if (i >= outputs_.size()) Refuse("output " + std::to_string(i) + " is missing");
    return graph_.tensor(outputs_[i]);
  }

  std::vector<int64_t> TakeInts(size_t i) override {
    const Tensor& operand = TakeConstant(i);
    return IntValues(operand);
  }

  float TakeReal(size_t i) override {
    const Tensor& operand = TakeConstant(i);
    if (operand.elements() != 1) Refuse("operand '" + operand.name + "' should be one value");
    if (operand.is_float()) return operand.Values<float>()[0];
    if (operand.type == ElementType::kInt32 || operand.type == ElementType::kInt64) {
      return static_cast<float>(IntValues(operand)[0]);
    }
    if (operand.type != ElementType::kInt8 || !operand.quant) {
      Refuse("operand '" + operand.name + "' should be float32, int32, int64 or quantized int8");
    }
    const int q = operand.Values<int8_t>()[0];
    return operand.quant->scale() * static_cast<float>(q - operand.quant->zero_point());
  }

  void SwapOperands(size_t a, size_t b) override {
    if (a >= order_.size() || b >= order_.size()) Refuse("an operand is missing");
    std::swap(order_[a], order_[b]);
  }

  void Refuse(const std::string& reason) const override { Fail(ErrorKind::kUnsupported, reason); }

  /// Returns the operands that `read` left.
  std::vector<TensorId> RemainingInputs() const {
    std::vector<TensorId> remaining;
    for (size_t i : order_) {
      if (taken_.count(i) == 0) remaining.push_back(inputs_[i]);
    }
    while (!remaining.empty() && remaining.back() == kNoTensor) remaining.pop_back();
    return remaining;
  }

 private:
  const Tensor& TakeConstant(size_t i) {
    const Tensor& operand = Input(i);
    if (!operand.is_constant()) {
      Refuse("operand '" + operand.name + "' must be constant, but it is computed");
    }
    taken_.insert(i);
    return operand;
  }

  const Graph& graph_;
  const tflite::Operator& source_;
  std::vector<TensorId> inputs_, outputs_;
  std::vector<size_t> order_;  // of the operands in the node
  std::set<size_t> taken_;
};

/// Reads one model; every access is checked, for the bytes may be hostile.
class ModelReader {
 public:
  ModelReader(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
              const MappedFile* file)
      : bytes_(bytes), owner_(std::move(owner)), file_(file) {
    flatbuffers::Verifier verifier(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), 64,
                                   50'000'000);
    if (bytes.size() < 8 || !tflite::ModelBufferHasIdentifier(bytes.data())) {
      Refuse("not a TFLite file: the identifier TFL3 is missing");
    }
    if (!tflite::VerifyModelBuffer(verifier)) Refuse("not a valid TFLite file: damaged or cut off");
    model_ = tflite::GetModel(bytes.data());
    if (model_->version() != 3) {
      Refuse("schema version " + std::to_string(model_->version()) + ", where 3 is the only one");
    }
    if (model_->subgraphs() == nullptr || model_->subgraphs()->size() == 0) Refuse("no subgraph");
    subgraph_ = model_->subgraphs()->Get(0);
  }

  Graph Read() {
    if (subgraph_->name() != nullptr) graph_.name = subgraph_->name()->str();
    ReadTensors();
    graph_.inputs = Ids(subgraph_->inputs(), false);
    graph_.outputs = Ids(subgraph_->outputs(), false);
    for (TensorId id : graph_.inputs) MarkComputed(id, "the inputs");
    ReadOperators();
    for (TensorId id : graph_.outputs) RequireComputed(id, "the outputs");
    ReadSignature();
    ReadMetadata();
    return std::move(graph_);
  }

 private:
  std::span<const std::byte> BufferBytes(uint32_t index) const {
    const auto* buffers = model_->buffers();
    if (buffers == nullptr || index >= buffers->size()) {
      Refuse("buffer " + std::to_string(index) + " does not exist");
    }
    const tflite::Buffer* buffer = buffers->Get(index);
    if (buffer->data() != nullptr) {
      return std::as_bytes(std::span(buffer->data()->data(), buffer->data()->size()));
    }
    if (buffer->offset() > 1) {
      if (buffer->offset() > bytes_.size() || buffer->size() > bytes_.size() - buffer->offset()) {
        Refuse("buffer " + std::to_string(index) + " lies outside the file");
      }
      return bytes_.subspan(buffer->offset(), buffer->size());
    }
    return {};
  }

  void ReadTensors() {
    if (subgraph_->tensors() == nullptr) Refuse("no tensors");
    for (const tflite::Tensor* source : *subgraph_->tensors()) {
      Tensor tensor;
      tensor.name = source->name() == nullptr ? "tensor" : source->name()->str();
      try {
        ReadTensor(*source, tensor);
      } catch (const Error& error) {
        throw error.WithContext("tensor '" + tensor.name + "'");
      }
      computed_.push_back(tensor.is_constant());
      graph_.AddTensor(std::move(tensor));
    }
  }

  void ReadTensor(const tflite::Tensor& source, Tensor& tensor) {
    const auto type = ElementTypeOfTfliteCode(source.type());
    if (!type) {
      Fail(ErrorKind::kUnsupported, std::string("element type ") +
                                        tflite::EnumNameTensorType(source.type()) +
                                        " is not supported");
    }
    tensor.type = *type;
    if (source.shape() != nullptr)
      tensor.shape.assign(source.shape()->begin(), source.shape()->end());
    NumElements(tensor.shape);
    if (source.quantization() != nullptr) ReadQuantization(*source.quantization(), tensor);
    if (source.sparsity() != nullptr)
      Fail(ErrorKind::kUnsupported, "sparse tensors are not supported");
    if (source.external_buffer() != 0) {
      Fail(ErrorKind::kUnsupported, "external weights are not supported");
    }
    const std::span<const std::byte> data = BufferBytes(source.buffer());
    const bool holds_nothing = data.data() != nullptr && tensor.elements() == 0;
    if (!data.empty() || holds_nothing) tensor.constant = ReadConstant(data, tensor);
  }

  Constant ReadConstant(std::span<const std::byte> data, const Tensor& tensor) const {
    const auto elements = static_cast<size_t>(tensor.elements());
    const bool packed = tensor.type == ElementType::kInt4;
    const size_t wanted = packed ? (elements + 1) / 2 : tensor.bytes();
    if (data.size() != wanted) {
      Refuse("its buffer holds " + std::to_string(data.size()) + " bytes where shape " +
             ToText(tensor.shape) + " needs " + std::to_string(wanted));
    }
    if (packed) {
      std::vector<int8_t> values(elements);
      UnpackInt4(data, values);
      return MakeConstant(std::move(values));
    }
    const bool aligned = reinterpret_cast<uintptr_t>(data.data()) % ElementBytes(tensor.type) == 0;
    if (aligned) return {owner_, data, file_};
    return MakeConstant(std::vector<std::byte>(data.begin(), data.end()));
  }

  static void ReadQuantization(const tflite::QuantizationParameters& source, Tensor& tensor) {
    if (source.details_type() != tflite::QuantizationDetails_NONE) {
      Fail(ErrorKind::kUnsupported, "blockwise quantization is not supported");
    }
    if (source.scale() == nullptr || source.scale()->size() == 0) return;
    QuantParams quant;
    quant.scales.assign(source.scale()->begin(), source.scale()->end());
    if (source.zero_point() == nullptr || source.zero_point()->size() != quant.scales.size()) {
      Refuse("it has not one zero point for each scale");
    }
    for (int64_t zero_point : *source.zero_point()) {
      if (zero_point < INT32_MIN || zero_point > INT32_MAX) Refuse("a zero point outside int32");
      quant.zero_points.push_back(static_cast<int32_t>(zero_point));
    }
    for (float scale : quant.scales) {
      if (!std::isnormal(scale) || scale < 0) Refuse("a scale that is not a normal float > 0");
    }
    if (quant.scales.size() > 1) {
      quant.axis = source.quantized_dimension();
      const auto axis = static_cast<size_t>(quant.axis);
      if (quant.axis < 0 || axis >= tensor.rank() ||
          tensor.shape[axis] != static_cast<int64_t>(quant.scales.size())) {
        Refuse("its scales do not fit its quantized dimension");
      }
    }
    tensor.quant = std::move(quant);
  }

  std::vector<TensorId> Ids(const flatbuffers::Vector<int32_t>* source, bool optional) const {
    std::vector<TensorId> ids;
    if (source == nullptr) return ids;
    for (int32_t id : *source) {
      const bool absent = optional && id == kNoTensor;
      if (!absent && (id < 0 || id >= graph_.tensor_count())) {
        Refuse("tensor " + std::to_string(id) + " does not exist");
      }
      ids.push_back(id);
    }
    return ids;
  }

  void MarkComputed(TensorId id, const std::string& where) {
    if (computed_[static_cast<size_t>(id)]) {
      Refuse("tensor '" + graph_.tensor(id).name + "' is set twice (" + where + ")");
    }
    computed_[static_cast<size_t>(id)] = true;
  }

  void RequireComputed(TensorId id, const std::string& where) const {
    if (id != kNoTensor && !computed_[static_cast<size_t>(id)]) {
      Refuse("tensor '" + graph_.tensor(id).name + "' is read (" + where +
             ") before anything computes it");
    }
  }

  const tflite::OperatorCode& CodeOf(const tflite::Operator& source) const {
    const auto* codes = model_->operator_codes();
    if (codes == nullptr || source.opcode_index() >= codes->size()) {
      Refuse("operator code " + std::to_string(source.opcode_index()) + " does not exist");
    }
    return *codes->Get(source.opcode_index());
  }

  static std::string NameOf(const tflite::OperatorCode& code, int number) {
    const std::string name =
        tflite::EnumNameBuiltinOperator(static_cast<tflite::BuiltinOperator>(number));
    if (code.custom_code() != nullptr) return name + " " + code.custom_code()->str();
    return name.empty() ? "operator " + std::to_string(number) : name;
  }

  void ReadOperators() {
    if (subgraph_->operators() == nullptr) return;
    std::string unsupported;
    for (const tflite::Operator* source : *subgraph_->operators()) {
      const tflite::OperatorCode& operator_code = CodeOf(*source);
      const int code =
          std::max<int>(operator_code.builtin_code(), operator_code.deprecated_builtin_code());
      const std::vector<TensorId> outputs = Ids(source->outputs(), false);
      const std::string name = outputs.empty() ? "?" : graph_.tensor(outputs[0]).name;
      const std::string label = "node '" + name + "' (" + NameOf(operator_code, code) + ")";
      try {
        ReadOperator(*source, code, name, outputs);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::kUnsupported) throw error.WithContext(label);
        unsupported += "\n  " + label + ": " + error.what();
        for (TensorId id : outputs) computed_[static_cast<size_t>(id)] = true;
      }
    }
    if (!unsupported.empty()) Fail(ErrorKind::kUnsupported, "unsupported operators:" + unsupported);
  }

  void ReadOperator(const tflite::Operator& source, int code, const std::string& name,
                    const std::vector<TensorId>& outputs) {
    const auto [op, form] = FindForm(code);
    if (op == nullptr) Fail(ErrorKind::kUnsupported, "we do not know this operator");
    if (outputs.empty()) Refuse("it has no output");
    const std::vector<TensorId> inputs = Ids(source.inputs(), true);
    for (TensorId id : inputs) RequireComputed(id, name);
    NodeReader reader(graph_, source, inputs, outputs);
    Operator attributes = DefaultOperator(*op);
    if (form->read != nullptr) attributes = form->read(reader);
    for (TensorId id : outputs) MarkComputed(id, name);
    std::vector<TensorId> operands = reader.RemainingInputs();
    MakeWeightsReal(*op, operands);
    CheckShapes(graph_.Append(Node(name, attributes, std::move(operands), outputs)));
  }

  /// Beside quantized weights LiteRT quantizes a float input while it runs ("dynamic range"). We
  /// compute with real weights instead: what those kernels approximate.
  void MakeWeightsReal(const Op& op, std::vector<TensorId>& operands) {
    const auto kind = [&](size_t i) { return op.quant.Operand(i).kind; };
    if (operands.size() < 2 || operands[0] == kNoTensor || kind(1) != OperandRule::kWeight) return;
    if (!graph_.tensor(operands[0]).is_float() || operands[1] == kNoTensor) return;
    const Tensor& weights = graph_.tensor(operands[1]);
    if (!weights.quant) return;
    const std::string name = weights.name + "/float";
    const TensorId real = graph_.AddTensor({name, ElementType::kFloat32, weights.shape});
    computed_.push_back(true);
    graph_.Append(Node(name, Dequantize{}, {operands[1]}, {real}));
    operands[1] = real;
  }

  /// Returns the operator of a record with default attributes.
  static Operator DefaultOperator(const Op& op) {
    return DefaultOperatorAt(op, std::make_index_sequence<kOperatorCount>());
  }
  template <size_t... I>
  static Operator DefaultOperatorAt(const Op& op, std::index_sequence<I...>) {
    Operator result;
    const auto try_kind = [&]<size_t K>() {
      if (AllOps()[K] == &op) result.emplace<K>();
    };
    (try_kind.template operator()<I>(), ...);
    return result;
  }

  void CheckShapes(const Node& node) const {
    std::vector<const Tensor*> inputs;
    for (TensorId id : node.inputs()) {
      inputs.push_back(id == kNoTensor ? nullptr : &graph_.tensor(id));
    }
    const std::vector<Tensor> inferred = InferOutputs(node, inputs);
    for (size_t i = 0; i < inferred.size(); ++i) {
      const Tensor& stored = graph_.tensor(node.outputs()[i]);
      if (inferred[i].shape != stored.shape) {
        Refuse("output '" + stored.name + "' has shape " + ToText(stored.shape) +
               " where its operands give " + ToText(inferred[i].shape));
      }
    }
  }

  void ReadSignature() {
    for (TensorId id : graph_.inputs) graph_.input_names.push_back(graph_.tensor(id).name);
    for (TensorId id : graph_.outputs) graph_.output_names.push_back(graph_.tensor(id).name);
    const auto* signatures = model_->signature_defs();
    if (signatures == nullptr || signatures->size() == 0) return;
    NameBySignature(signatures->Get(0)->inputs(), graph_.inputs, graph_.input_names);
    NameBySignature(signatures->Get(0)->outputs(), graph_.outputs, graph_.output_names);
  }

  static void NameBySignature(
      const flatbuffers::Vector<flatbuffers::Offset<tflite::TensorMap>>* maps,
      const std::vector<TensorId>& ids, std::vector<std::string>& names) {
    if (maps == nullptr) return;
    for (const tflite::TensorMap* map : *maps) {
      const auto found =
          std::find(ids.begin(), ids.end(), static_cast<TensorId>(map->tensor_index()));
      if (found == ids.end() || map->name() == nullptr) continue;
      names[static_cast<size_t>(found - ids.begin())] = map->name()->str();
    }
  }

  void ReadMetadata() {
    if (model_->metadata() == nullptr) return;
    for (const tflite::Metadata* entry : *model_->metadata()) {
      if (entry->name() == nullptr) continue;
      const std::string name = entry->name()->str();
      if (name.rfind(kMetadataPrefix, 0) != 0) continue;
      const std::span<const std::byte> data = BufferBytes(entry->buffer());
      std::string text(reinterpret_cast<const char*>(data.data()), data.size());
      text.erase(std::find(text.begin(), text.end(), '\0'), text.end());
      graph_.metadata[name.substr(kMetadataPrefix.size())] = std::move(text);
    }
  }

  std::span<const std::byte> bytes_;
  std::shared_ptr<const void> owner_;
  const MappedFile* file_;  // null when the bytes are none of a file's
  const tflite::Model* model_ = nullptr;
  const tflite::SubGraph* subgraph_ = nullptr;
  Graph graph_;
  std::vector<bool> computed_;  // by tensor id: constant, input, or made by a node already read
};

}  // namespace

Graph ReadTflite(std::span<const std::byte> bytes, std::shared_ptr<const void> owner) {
  return ModelReader(bytes, std::move(owner), nullptr).Read();
}

Graph ReadTflite(const std::string& path) {
  const std::shared_ptr<const MappedFile> file = MappedFile::Open(path);
  return ModelReader(file->bytes(), file, file.get()).Read();
}

}  // namespace qconvert
