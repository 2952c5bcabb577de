#include "lib/onnx/import.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <utility>

#include <onnx.pb.h>
#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/base/interrupt.h"
#include "lib/base/mapped_file.h"
#include "lib/graph/open_batch.h"
#include "lib/onnx/copied_nodes.h"
#include "lib/onnx/cut_graph.h"
#include "lib/onnx/expand_fused.h"
#include "lib/onnx/expand_quantized.h"
#include "lib/onnx/initializer.h"
#include "lib/onnx/inline_functions.h"
#include "lib/onnx/input.h"
#include "lib/onnx/known_operators.h"
#include "lib/onnx/node_importer.h"
#include "lib/onnx/opset.h"
#include "lib/onnx/parse_model.h"
#include "lib/onnx/pending_reads.h"
#include "lib/onnx/printable_names.h"
#include "lib/onnx/sort_nodes.h"
#include "lib/onnx/unroll.h"
#include "lib/ops/op.h"

namespace qconvert {
namespace {

class ModelImporter {
 public:
  ModelImporter(onnx::ModelProto& model, const std::string& folder, const ImportOptions& options)
      : proto_(*model.mutable_graph()), options_(options), pending_(proto_) {
    scope_.graph = &graph_;
    scope_.folder = folder;
    scope_.edit = options.edit;
    scope_.opset = RequireKnownVersions(model);
  }

  Graph Import() {
    graph_.name = proto_.name();
    ReadInitializers(proto_);
    ReadInputs();
    ReadNodes(proto_);
    if (!unsupported_.empty()) {
      Fail(ErrorKind::kUnsupported,
           fmt::format(
               "{} cannot be converted:{}\n--outputs NAME,... ends the network at tensors before "
               "such nodes, --inputs NAME,... begins it behind them",
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
      scope_.Show(tensor);
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

  /// All inputs whose shapes are not known are named at once.
  void ReadInputs() {
    std::set<std::string> names;
    std::vector<const onnx::ValueInfoProto*> open;
    for (const onnx::ValueInfoProto& input : proto_.input()) {
      if (IsInitializer(input.name())) continue;  // IR 3 lists them too
      names.insert(input.name());
      if (NeedsShape(input, options_)) open.push_back(&input);
    }
    for (const auto& [name, shape] : options_.shapes) {
      if (names.count(name) != 0) continue;
      Fail(ErrorKind::kUsage, fmt::format("--shape names '{}', which is no input of the model ({})",
                                          name, fmt::join(names, ", ")));
    }
    if (!open.empty()) FailOnOpenShapes(open);
    for (const onnx::ValueInfoProto& input : proto_.input()) {
      if (IsInitializer(input.name())) continue;
      try {
        ReadInput(input);
      } catch (const Error& error) {
        throw error.WithContext("input '" + input.name() + "'");
      }
    }
  }

  void ReadInput(const onnx::ValueInfoProto& input) {
    const TensorId id = graph_.AddTensor(InputTensor(input, options_));
    Define(input.name(), id);
    graph_.inputs.push_back(id);
    graph_.input_names.push_back(input.name());
    if (LeavesBatchOpen(input, options_)) NoteOpenBatch(graph_, input.name());
  }

  void ReadNodes(const onnx::GraphProto& proto) {
    for (const onnx::NodeProto& node : proto.node()) {
      ThrowIfInterrupted();
      const TensorId first_new = graph_.tensor_count();
      ReadNode(node);
      LetGo(node, first_new);
    }
  }

  /// Lets go of constants that nothing will read: the weights that the node has rearranged, and
  /// what lay between. All weights at once, before and after, would take twice the memory.
  void LetGo(const onnx::NodeProto& node, TensorId first_new) {
    if (open_bodies_ > 0) return;  // what a body reads is read in the next turn, too
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
      if (node.output_size() == 0) Fail(ErrorKind::kUnusable, "it has no output");
      for (const std::string& output : node.output()) {
        if (unknown_.count(output) == 0) continue;
        Fail(ErrorKind::kUnusable, "tensor '" + output + "' is defined twice");
      }
      if (OperandsKnown(node)) return ReadOperator(node);
      if (!IsRead(node)) FailOnOperator(node);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kUnsupported) {
        unsupported_ += fmt::format("\n  {}: {}{}", label, error.what(), RemedyOf(node));
        ++unsupported_count_;
      } else if (!has_stated_) {
        throw error.WithContext(label);
      }
    }
    MarkUnknown(node);
  }

  /// Returns what to do about an unsupported node that computes on the integers of a quantized
  /// model; nothing for other nodes, and for those that round, which say it themselves.
  std::string RemedyOf(const onnx::NodeProto& node) const {
    if (node.op_type() == "QuantizeLinear" || node.op_type() == "DequantizeLinear") return "";
    const bool on_integers = std::ranges::any_of(node.input(), [&](const std::string& input) {
      const auto found = scope_.tensors.find(input);
      return found != scope_.tensors.end() &&
             ElementBytes(graph_.tensor(found->second).type) == 1 &&
             graph_.tensor(found->second).type != ElementType::kBool;
    });
    if (!on_integers && !IsNamedQuantized(node)) return "";
    return "; TFLite does not compute this with integers that stand for no reals: convert the "
           "network's float original, or a form that computes between DequantizeLinear and "
           "QuantizeLinear";
  }

  void ReadOperator(const onnx::NodeProto& node) {
    const std::string control = IsStandard(node) ? node.op_type() : "";
    if (control == "If") {
      InlineBranch(node);
    } else if (control == "Loop" || control == "Scan") {
      Unroll(node);
    } else {
      ReadBySpelling(node, SpellingOf(node));
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
    const bool holds = Holds(importer.InputTensor(0));
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

  void Unroll(const onnx::NodeProto& node) {
    NodeImporter importer(node, scope_);
    const auto read = [&](const onnx::GraphProto& body, const std::vector<TensorId>& operands) {
      return ReadBodyOnce(importer.name(), body, operands);
    };
    ++open_bodies_;
    node.op_type() == "Loop" ? UnrollLoop(importer, read) : UnrollScan(importer, read);
    --open_bodies_;
  }

  /// Reads a copy of a loop's body, whose tensors get names of their own.
  std::vector<TensorId> ReadBodyOnce(const std::string& name, const onnx::GraphProto& body,
                                     const std::vector<TensorId>& operands) {
    constexpr int kMostBodies = 1 << 16;  // loops may stand in loops
    if (++bodies_ > kMostBodies) Fail(ErrorKind::kUnsupported, "loops of more than 65536 turns");
    onnx::GraphProto copy = body;
    if (taken_.empty()) taken_ = AllNames(proto_);
    CopyNames names(name, taken_);
    names.Define(AllNames(body));
    names.Rename(copy);
    for (int i = 0; i < copy.input_size(); ++i) {
      scope_.tensors[copy.input(i).name()] = operands.at(static_cast<size_t>(i));
    }
    ReadInitializers(copy);
    ReadNodes(copy);
    std::vector<TensorId> results;
    for (const auto& output : copy.output()) {
      const auto found = scope_.tensors.find(output.name());
      if (found == scope_.tensors.end()) {
        Fail(ErrorKind::kUnsupported, "a node of its body cannot be converted");
      }
      results.push_back(found->second);
    }
    return results;
  }

  /// Returns false when an operand depends on a node that is not supported.
  bool OperandsKnown(const onnx::NodeProto& node) const {
    bool known = true;
    for (const std::string& input : node.input()) {
      if (input.empty() || scope_.tensors.count(input) != 0) continue;
      if (unknown_.count(input) == 0) {
        Fail(ErrorKind::kUnusable,
             "it reads '" + input + "', which no node computes and no initializer holds");
      }
      known = false;
    }
    return known;
  }

  /// Notes that outputs are not known. Where the model states what they are, the nodes behind can
  /// still be looked at.
  void MarkUnknown(const onnx::NodeProto& node) {
    for (const std::string& output : node.output()) {
      if (output.empty() || scope_.tensors.count(output) != 0) continue;
      const std::optional<Tensor> stated = Stated(output);
      if (!stated) {
        unknown_.insert(output);
        continue;
      }
      has_stated_ = true;
      scope_.tensors[output] = graph_.AddTensor(*stated);
    }
  }

  /// Returns a tensor as the model describes it, if it does.
  std::optional<Tensor> Stated(const std::string& name) const {
    for (const auto& value : proto_.value_info()) {
      if (value.name() != name || NeedsShape(value, {})) continue;
      try {
        return InputTensor(value, {});
      } catch (const Error&) {
        return std::nullopt;
      }
    }
    return std::nullopt;
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
  bool has_stated_ = false;  // tensors that stand for results of nodes that could not be read
  int open_bodies_ = 0, bodies_ = 0;  // of loops: that are being read, that were
  std::set<std::string> taken_;       // names of tensors, once there is a loop
};

}  // namespace

Graph ImportOnnx(const std::string& path, const ImportOptions& options) {
  try {
    onnx::ModelProto model;
    ParseModel(*MappedFile::Open(path), model);
    const int opset = RequireKnownVersions(model);
    InlineFunctions(model);
    MakeNamesPrintable(model);
    CutGraph(*model.mutable_graph(), options.inputs, options.outputs);
    SortNodes(*model.mutable_graph());
    ExpandFused(*model.mutable_graph(), opset);
    const int dynamic = ExpandQuantized(*model.mutable_graph());
    const std::string folder = std::filesystem::path(path).parent_path().string();
    Graph graph = ModelImporter(model, folder, options).Import();
    if (dynamic > 0) graph.metadata["dynamic_quantization"] = fmt::format("{} tensors", dynamic);
    return graph;
  } catch (const Error& error) {
    if (std::string(error.what()).rfind("cannot read '" + path, 0) == 0) throw;
    throw error.WithContext(path);
  }
}

}  // namespace qconvert
