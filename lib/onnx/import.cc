#include "lib/onnx/import.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <onnx.pb.h>
#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/base/mapped_file.h"
#include "lib/onnx/initializer.h"
#include "lib/onnx/input.h"
#include "lib/onnx/node_importer.h"
#include "lib/onnx/pending_reads.h"
#include "lib/ops/op.h"

namespace qconvert {
namespace {

constexpr int kOldestIr = 3, kOldestOpset = 7, kNewestOpset = 28;
constexpr int kDeepestNesting = 64;

/// A mapped file as a stream whose bytes leave memory once they are read: the parser copies them.
class ReleasingStream : public google::protobuf::io::ZeroCopyInputStream {
 public:
  explicit ReleasingStream(const MappedFile& file)
      : file_(file),
        blocks_(file.bytes().data(), static_cast<int>(file.bytes().size()), kBlockBytes) {}

  bool Next(const void** bytes, int* size) override {
    const auto read = static_cast<size_t>(blocks_.ByteCount());
    if (read > released_) file_.Release(file_.bytes().subspan(released_, read - released_));
    released_ = std::max(released_, read);
    return blocks_.Next(bytes, size);
  }
  void BackUp(int count) override { blocks_.BackUp(count); }
  bool Skip(int count) override { return blocks_.Skip(count); }
  int64_t ByteCount() const override { return blocks_.ByteCount(); }

 private:
  static constexpr int kBlockBytes = 1 << 20;

  const MappedFile& file_;
  google::protobuf::io::ArrayInputStream blocks_;
  size_t released_ = 0;
};

void Parse(const MappedFile& file, onnx::ModelProto& model) {
  if (file.bytes().size() > INT32_MAX) {
    Fail(ErrorKind::kUnusable,
         "larger than the 2 GB protobuf allows; store the weights as external "
         "data");
  }
  ReleasingStream bytes(file);
  google::protobuf::io::CodedInputStream stream(&bytes);
  stream.SetRecursionLimit(kDeepestNesting);
  if (!model.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage()) {
    Fail(ErrorKind::kUnusable, "not an ONNX model, or damaged");
  }
}

int DefaultOpset(const onnx::ModelProto& model) {
  if (model.ir_version() < kOldestIr || model.ir_version() > onnx::IR_VERSION) {
    const bool newer = model.ir_version() > onnx::IR_VERSION;
    Fail(newer ? ErrorKind::kUnsupported : ErrorKind::kUnusable,
         fmt::format("IR version {}: we read {} to {}; {}", model.ir_version(), kOldestIr,
                     static_cast<int>(onnx::IR_VERSION),
                     newer ? "it is newer than this qconvert" : "it is no ONNX model, or too old"));
  }
  int64_t opset = 0;
  for (const auto& import : model.opset_import()) {
    if (import.domain().empty() || import.domain() == "ai.onnx") {
      opset = import.version();
    }
  }
  if (opset < kOldestOpset || opset > kNewestOpset) {
    Fail(ErrorKind::kUnsupported,
         fmt::format("opset {}: we read {} to {}", opset, kOldestOpset, kNewestOpset));
  }
  return static_cast<int>(opset);
}

/// Returns whether an operator is defined as in ONNX's own domain. ONNX Runtime writes 16-bit
/// quantization in its domain, because old operator sets lack it.
bool IsStandard(const onnx::NodeProto& node) {
  const std::string& type = node.op_type();
  return node.domain().empty() || node.domain() == "ai.onnx" ||
         (node.domain() == "com.microsoft" &&
          (type == "QuantizeLinear" || type == "DequantizeLinear"));
}

/// Returns whether an operator computes on integers that stand for real numbers, by its name.
bool IsNamedQuantized(const onnx::NodeProto& node) {
  const auto named = [&](const char* part) {
    return node.op_type().find(part) != std::string::npos;
  };
  return named("QLinear") || named("DynamicQuantize") || named("Integer") || named("NBits");
}

[[noreturn]] void FailOnOperator(const onnx::NodeProto& node) {
  Fail(ErrorKind::kUnsupported,
       IsStandard(node) ? "this operator is not supported (qconvert --list-ops shows which are)"
                        : "operators of the domain '" + node.domain() + "' are not supported");
}

class ModelImporter {
 public:
  ModelImporter(onnx::ModelProto& model, const std::string& folder, const ImportOptions& options)
      : proto_(*model.mutable_graph()), options_(options), pending_(proto_) {
    scope_.graph = &graph_;
    scope_.folder = folder;
    scope_.opset = DefaultOpset(model);
  }

  Graph Import() {
    graph_.name = proto_.name();
    ReadInitializers(proto_);
    ReadInputs();
    ReadNodes(proto_);
    if (!unsupported_.empty()) {
      Fail(ErrorKind::kUnsupported,
           fmt::format(
               "{} cannot be converted:{}",
               unsupported_count_ == 1 ? "a node" : fmt::format("{} nodes", unsupported_count_),
               unsupported_));
    }
    ReadOutputs();
    return std::move(graph_);
  }

 private:
  void Define(const std::string& name, TensorId id) {
    if (!scope_.tensors.emplace(name, id).second) {
      Fail(ErrorKind::kUnusable, "tensor '" + name + "' is defined twice");
    }
    pending_.Bind(name, id);
  }

  /// Takes the initializers out of the model's graph, or of a branch's.
  void ReadInitializers(onnx::GraphProto& proto) {
    for (onnx::TensorProto& initializer : *proto.mutable_initializer()) {
      Tensor tensor = ReadInitializer(initializer, scope_.folder);
      const std::string name = tensor.name;
      Define(name, graph_.AddTensor(std::move(tensor)));
    }
    if (proto.sparse_initializer_size() > 0) {
      Fail(ErrorKind::kUnsupported, "sparse initializers are not supported");
    }
  }

  bool IsInitializer(const std::string& name) const {
    const auto found = scope_.tensors.find(name);
    return found != scope_.tensors.end() && graph_.tensor(found->second).is_constant();
  }

  void ReadInputs() {
    std::set<std::string> names;
    for (const onnx::ValueInfoProto& input : proto_.input()) {
      if (IsInitializer(input.name())) continue;  // IR 3 lists them too
      names.insert(input.name());
      try {
        ReadInput(input);
      } catch (const Error& error) {
        throw error.WithContext("input '" + input.name() + "'");
      }
    }
    for (const auto& [name, shape] : options_.shapes) {
      if (names.count(name) != 0) continue;
      Fail(ErrorKind::kUsage, fmt::format("--shape names '{}', which is no input of the model ({})",
                                          name, fmt::join(names, ", ")));
    }
  }

  void ReadInput(const onnx::ValueInfoProto& input) {
    const TensorId id = graph_.AddTensor(InputTensor(input, options_));
    Define(input.name(), id);
    graph_.inputs.push_back(id);
    graph_.input_names.push_back(input.name());
  }

  void ReadNodes(const onnx::GraphProto& proto) {
    for (const onnx::NodeProto& node : proto.node()) {
      const TensorId first_new = graph_.tensor_count();
      ReadNode(node);
      LetGo(node, first_new);
    }
  }

  /// Lets go of constants that nothing will read: the weights that the node has rearranged, and
  /// what lay between. All weights at once, before and after, would take twice the memory.
  void LetGo(const onnx::NodeProto& node, TensorId first_new) {
    for (const std::string& output : node.output()) {
      const auto named = scope_.tensors.find(output);
      if (named != scope_.tensors.end()) pending_.Bind(output, named->second);
    }
    for (const std::string& input : node.input()) {
      const auto named = scope_.tensors.find(input);
      if (named == scope_.tensors.end()) continue;
      pending_.Read(named->second);
      LetGo(named->second);
    }
    for (TensorId id = first_new; id < graph_.tensor_count(); ++id) LetGo(id);
  }

  void LetGo(TensorId id) {
    if (!pending_.Any(id) && !graph_.IsUsed(id)) graph_.tensor(id).constant.reset();
  }

  void ReadNode(const onnx::NodeProto& node) {
    const std::string label = fmt::format("node '{}' ({})", NodeName(node), node.op_type());
    try {
      if (!OperandsKnown(node)) return MarkUnknown(node);
      for (const std::string& output : node.output()) {
        if (unknown_.count(output) == 0) continue;
        Fail(ErrorKind::kUnusable, "tensor '" + output + "' is defined twice");
      }
      ReadOperator(node);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kUnsupported) throw error.WithContext(label);
      unsupported_ += fmt::format("\n  {}: {}{}", label, error.what(), RemedyOf(node));
      ++unsupported_count_;
      MarkUnknown(node);
    }
  }

  /// Returns what to do about an unsupported node that computes on the integers of a quantized
  /// model; nothing for other nodes.
  std::string RemedyOf(const onnx::NodeProto& node) const {
    if (node.op_type() == "DequantizeLinear") return "";
    const bool on_integers = std::ranges::any_of(node.input(), [&](const std::string& input) {
      const auto found = scope_.tensors.find(input);
      return found != scope_.tensors.end() &&
             ElementBytes(graph_.tensor(found->second).type) == 1 &&
             graph_.tensor(found->second).type != ElementType::kBool;
    });
    if (!on_integers && !IsNamedQuantized(node)) return "";
    return "; 8-bit integers can only be moved, cast and dequantized: convert the network's float "
           "original, or a form that computes between DequantizeLinear and QuantizeLinear";
  }

  void ReadOperator(const onnx::NodeProto& node) {
    const bool standard = IsStandard(node);
    if (standard && node.op_type() == "If") {
      InlineBranch(node);
    } else {
      ReadBySpelling(node, standard ? FindOnnxSpelling(node.op_type()) : nullptr);
    }
    for (const std::string& output : node.output()) {
      if (output.empty() || scope_.tensors.count(output) != 0) continue;
      unknown_.insert(output);
    }
  }

  void ReadBySpelling(const onnx::NodeProto& node, const OnnxSpelling* spelling) {
    if (spelling == nullptr) FailOnOperator(node);
    NodeImporter importer(node, scope_);
    spelling->read(importer);
    importer.NameNodes();
  }

  /// Exporters leave an If behind whose condition was decided when they ran.
  void InlineBranch(const onnx::NodeProto& node) {
    NodeImporter importer(node, scope_);
    const Tensor& condition = importer.InputTensor(0);
    if (!condition.is_constant() || condition.bytes() != 1) {
      Fail(ErrorKind::kUnsupported, "its condition depends on the model's inputs");
    }
    const bool holds = condition.Values<uint8_t>()[0] != 0;
    onnx::GraphProto branch = importer.GraphAttribute(holds ? "then_branch" : "else_branch");
    const std::map<std::string, TensorId> outer = scope_.tensors;
    const std::set<std::string> outer_unknown = unknown_;
    ReadInitializers(branch);
    ReadNodes(branch);
    const std::map<std::string, TensorId> inner = std::exchange(scope_.tensors, outer);
    unknown_ = outer_unknown;
    for (int i = 0; i < std::min(node.output_size(), branch.output_size()); ++i) {
      const auto found = inner.find(branch.output(i).name());
      if (found != inner.end()) importer.SetOutput(static_cast<size_t>(i), found->second);
    }
  }

  /// Returns false when an operand depends on a node that is not supported.
  bool OperandsKnown(const onnx::NodeProto& node) const {
    bool known = true;
    for (const std::string& input : node.input()) {
      if (input.empty() || scope_.tensors.count(input) != 0) continue;
      if (unknown_.count(input) == 0) {
        Fail(ErrorKind::kUnusable,
             "it reads '" + input +
                 "', which nothing before it computes (the graph has a cycle, "
                 "is not sorted, or misses an initializer)");
      }
      known = false;
    }
    return known;
  }

  void MarkUnknown(const onnx::NodeProto& node) {
    for (const std::string& output : node.output()) {
      if (!output.empty()) unknown_.insert(output);
    }
  }

  void ReadOutputs() {
    for (const onnx::ValueInfoProto& output : proto_.output()) {
      const auto found = scope_.tensors.find(output.name());
      if (found == scope_.tensors.end()) {
        Fail(ErrorKind::kUnusable, "output '" + output.name() + "' is computed by no node");
      }
      graph_.outputs.push_back(OwnTensor(found->second, output.name()));
      graph_.output_names.push_back(output.name());
    }
    if (graph_.outputs.empty()) Fail(ErrorKind::kUnusable, "the model has no outputs");
  }

  /// A file's outputs are computed, and each once: others become a Reshape to their own shape.
  TensorId OwnTensor(TensorId id, const std::string& name) {
    const bool taken = graph_.IsOutput(id) || graph_.Producer(id) == nullptr;
    if (!taken) return id;
    Tensor copy = graph_.tensor(id);
    copy.name = name;
    copy.constant.reset();
    const Shape shape = copy.shape;
    const TensorId own = graph_.AddTensor(std::move(copy));
    graph_.Append(Node("output " + name, Reshape{shape}, {id}, {own}));
    return own;
  }

  onnx::GraphProto& proto_;
  const ImportOptions& options_;
  Graph graph_;
  ImportScope scope_;
  PendingReads pending_;
  std::set<std::string> unknown_;  // outputs of nodes that could not be read
  std::string unsupported_;
  int unsupported_count_ = 0;
};

}  // namespace

Graph ImportOnnx(const std::string& path, const ImportOptions& options) {
  try {
    onnx::ModelProto model;
    Parse(*MappedFile::Open(path), model);
    const std::string folder = std::filesystem::path(path).parent_path().string();
    return ModelImporter(model, folder, options).Import();
  } catch (const Error& error) {
    if (std::string(error.what()).rfind("cannot read '" + path, 0) == 0) throw;
    throw error.WithContext(path);
  }
}

}  // namespace qconvert
