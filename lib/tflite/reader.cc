#include "lib/tflite/reader.h"

#include <algorithm>
#include <utility>

#include "tflite_generated.h"
#include <flatbuffers/flatbuffers.h>

#include "lib/base/error.h"
#include "lib/base/file_kind.h"
#include "lib/base/mapped_file.h"
#include "lib/base/printable.h"
#include "lib/ops/fold.h"
#include "lib/ops/op.h"
#include "lib/tflite/node_reader.h"
#include "lib/tflite/tensor_reader.h"

namespace qconvert {
namespace {

constexpr std::string_view kMetadataPrefix = "qconvert.";

[[noreturn]] void Refuse(const std::string& reason) { Fail(ErrorKind::kUnusable, reason); }

std::string TextOf(const flatbuffers::String& name) { return Printable(name.string_view()); }

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

/// Reads one model; every access is checked, for the bytes may be hostile.
class ModelReader {
 public:
  ModelReader(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
              const MappedFile* file)
      : file_{bytes, std::move(owner), file} {
    // Constants may stand behind the flatbuffer, whose own offsets reach no further.
    const size_t reachable = std::min<size_t>(bytes.size(), FLATBUFFERS_MAX_BUFFER_SIZE - 1);
    flatbuffers::Verifier verifier(reinterpret_cast<const uint8_t*>(bytes.data()), reachable, 64,
                                   50'000'000);
    if (bytes.size() < 8 || !tflite::ModelBufferHasIdentifier(bytes.data())) {
      const std::string kind = FileKind(bytes);
      Refuse("not a TFLite file" +
             (kind.empty() ? ": the identifier TFL3 is missing" : ", but " + kind));
    }
    if (!tflite::VerifyModelBuffer(verifier)) Refuse("not a valid TFLite file: damaged or cut off");
    file_.model = tflite::GetModel(bytes.data());
    if (file_.model->version() != 3) {
      Refuse("schema version " + std::to_string(file_.model->version()) +
             ", where 3 is the only one");
    }
    const auto* subgraphs = file_.model->subgraphs();
    if (subgraphs == nullptr || subgraphs->size() == 0) Refuse("no subgraph");
    subgraph_ = subgraphs->Get(0);
  }

  Graph Read() {
    if (subgraph_->name() != nullptr) graph_.name = TextOf(*subgraph_->name());
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
  void ReadTensors() {
    if (subgraph_->tensors() == nullptr) Refuse("no tensors");
    for (const tflite::Tensor* source : *subgraph_->tensors()) {
      Tensor tensor;
      tensor.name = source->name() == nullptr ? "tensor" : TextOf(*source->name());
      try {
        ReadTensor(file_, *source, tensor);
      } catch (const Error& error) {
        throw error.WithContext("tensor '" + tensor.name + "'");
      }
      computed_.push_back(tensor.is_constant());
      graph_.AddTensor(std::move(tensor));
    }
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
    const auto* codes = file_.model->operator_codes();
    if (codes == nullptr || source.opcode_index() >= codes->size()) {
      Refuse("operator code " + std::to_string(source.opcode_index()) + " does not exist");
    }
    return *codes->Get(source.opcode_index());
  }

  static std::string NameOf(const tflite::OperatorCode& code, int number) {
    const std::string name =
        tflite::EnumNameBuiltinOperator(static_cast<tflite::BuiltinOperator>(number));
    if (code.custom_code() != nullptr) return name + " " + TextOf(*code.custom_code());
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
    VerifyResults(graph_, graph_.Append(Node(name, attributes, reader.RemainingInputs(), outputs)));
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

  void ReadSignature() {
    for (TensorId id : graph_.inputs) graph_.input_names.push_back(graph_.tensor(id).name);
    for (TensorId id : graph_.outputs) graph_.output_names.push_back(graph_.tensor(id).name);
    const auto* signatures = file_.model->signature_defs();
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
      names[static_cast<size_t>(found - ids.begin())] = TextOf(*map->name());
    }
  }

  void ReadMetadata() {
    if (file_.model->metadata() == nullptr) return;
    for (const tflite::Metadata* entry : *file_.model->metadata()) {
      if (entry->name() == nullptr) continue;
      const std::string name = TextOf(*entry->name());
      if (name.rfind(kMetadataPrefix, 0) != 0) continue;
      const std::span<const std::byte> data = BufferBytes(file_, entry->buffer());
      std::string text(reinterpret_cast<const char*>(data.data()), data.size());
      text.erase(std::find(text.begin(), text.end(), '\0'), text.end());
      graph_.metadata[name.substr(kMetadataPrefix.size())] = std::move(text);
    }
  }

  TfliteBytes file_;
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
