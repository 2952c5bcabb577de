#include "lib/onnx/import.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <utility>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <onnx.pb.h>
#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/base/mapped_file.h"
#include "lib/onnx/initializer.h"
#include "lib/onnx/node_importer.h"
#include "lib/ops/op.h"

namespace qconvert {
namespace {

constexpr int kOldestIr = 3, kOldestOpset = 7, kNewestOpset = 28;
constexpr int kDeepestNesting = 64;

void Parse(std::span<const std::byte> bytes, onnx::ModelProto& model) {
  if (bytes.size() > INT32_MAX) {
    Fail(ErrorKind::kUnusable,
         "larger than the 2 GB protobuf allows; store the weights as external "
         "data");
  }
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t*>(bytes.data()),
                                                static_cast<int>(bytes.size()));
  stream.SetRecursionLimit(kDeepestNesting);
  if (!model.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage()) {
    Fail(ErrorKind::kUnusable, "not an ONNX model, or damaged");
  }
}

int DefaultOpset(const onnx::ModelProto& model) {
  if (model.ir_version() < kOldestIr) {
    Fail(ErrorKind::kUnusable, fmt::format("IR version {}: not an ONNX model, or older than {}",
                                           model.ir_version(), kOldestIr));
  }
  int opset = 0;
  for (const auto& import : model.opset_import()) {
    if (import.domain().empty() || import.domain() == "ai.onnx") {
      opset = static_cast<int>(import.version());
    }
  }
  if (opset < kOldestOpset || opset > kNewestOpset) {
    Fail(ErrorKind::kUnsupported,
         fmt::format("opset {}: we read {} to {}", opset, kOldestOpset, kNewestOpset));
  }
  return opset;
}

/// Returns the dimensions as ONNX writes them, such as "batch x 3 x ? x ?".
std::string DimsText(const onnx::TensorShapeProto& shape) {
  std::string text;
  for (const auto& dim : shape.dim()) {
    if (!text.empty()) text += " x ";
    text += dim.has_dim_value()       ? std::to_string(dim.dim_value())
            : dim.dim_param().empty() ? "?"
                                      : dim.dim_param();
  }
  return text;
}

ElementType InputType(int onnx_type) {
  switch (onnx_type) {
    case onnx::TensorProto::FLOAT:
    case onnx::TensorProto::FLOAT16:
    case onnx::TensorProto::DOUBLE:
    case onnx::TensorProto::BFLOAT16:
      return ElementType::kFloat32;
    case onnx::TensorProto::INT64:
      return ElementType::kInt64;
    case onnx::TensorProto::INT32:
      return ElementType::kInt32;
    case onnx::TensorProto::UINT8:
      return ElementType::kUInt8;
    case onnx::TensorProto::INT8:
      return ElementType::kInt8;
    case onnx::TensorProto::BOOL:
      return ElementType::kBool;
    default:
      Fail(ErrorKind::kUnsupported, "its element type is not supported");
  }
}

class ModelImporter {
 public:
  ModelImporter(onnx::ModelProto& model, const std::string& folder, const ImportOptions& options)
      : proto_(*model.mutable_graph()), options_(options) {
    scope_.graph = &graph_;
    scope_.folder = folder;
    scope_.opset = DefaultOpset(model);
  }

  Graph Import() {
    graph_.name = proto_.name();
    ReadInitializers();
    ReadInputs();
    for (const onnx::NodeProto& node : proto_.node()) ReadNode(node);
    if (!unsupported_.empty()) {
      Fail(ErrorKind::kUnsupported,
           fmt::format("{} nodes cannot be converted:{}", unsupported_count_, unsupported_));
    }
    ReadOutputs();
    return std::move(graph_);
  }

 private:
  void Define(const std::string& name, TensorId id) {
    if (!scope_.tensors.emplace(name, id).second) {
      Fail(ErrorKind::kUnusable, "tensor '" + name + "' is defined twice");
    }
  }

  void ReadInitializers() {
    for (onnx::TensorProto& initializer : *proto_.mutable_initializer()) {
      Tensor tensor = ReadInitializer(initializer, scope_.folder);
      const std::string name = tensor.name;
      Define(name, graph_.AddTensor(std::move(tensor)));
    }
    if (proto_.sparse_initializer_size() > 0) {
      Fail(ErrorKind::kUnsupported, "sparse initializers are not supported");
    }
  }

  void ReadInputs() {
    std::set<std::string> names;
    for (const onnx::ValueInfoProto& input : proto_.input()) {
      if (scope_.tensors.count(input.name()) != 0) continue;  // IR 3 lists initializers too
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
    if (!input.type().has_tensor_type()) Fail(ErrorKind::kUnsupported, "it is not a tensor");
    const auto& type = input.type().tensor_type();
    Tensor tensor{input.name(), InputType(type.elem_type()),
                  InputShape(input.name(), type.shape(), type.has_shape())};
    NumElements(tensor.shape);
    const TensorId id = graph_.AddTensor(std::move(tensor));
    Define(input.name(), id);
    graph_.inputs.push_back(id);
    graph_.input_names.push_back(input.name());
  }

  Shape InputShape(const std::string& name, const onnx::TensorShapeProto& proto, bool known) const {
    const auto given = options_.shapes.find(name);
    if (given != options_.shapes.end()) {
      RequireFits(given->second, proto, known);
      return given->second;
    }
    Shape shape;
    for (int i = 0; known && i < proto.dim_size(); ++i) {
      const bool fixed = proto.dim(i).has_dim_value() && proto.dim(i).dim_value() > 0;
      if (!fixed && i > 0) FailSymbolic(name, proto);
      shape.push_back(fixed ? proto.dim(i).dim_value() : 1);
    }
    if (!known) Fail(ErrorKind::kUsage, "its shape is not known; give --shape " + name + ":DIMS");
    return shape;
  }

  [[noreturn]] static void FailSymbolic(const std::string& name,
                                        const onnx::TensorShapeProto& proto) {
    std::string example;
    for (int i = 0; i < proto.dim_size(); ++i) {
      const int64_t value = proto.dim(i).dim_value();
      example += (i == 0 ? "" : "x") + std::to_string(value > 0 ? value : i == 0 ? 1 : 224);
    }
    Fail(ErrorKind::kUsage, fmt::format("its shape is {}; say which, for example --shape {}:{}",
                                        DimsText(proto), name, example));
  }

  static void RequireFits(const Shape& given, const onnx::TensorShapeProto& proto, bool known) {
    bool fits = !known || static_cast<size_t>(proto.dim_size()) == given.size();
    for (int i = 1; known && fits && i < proto.dim_size(); ++i) {
      const int64_t value = proto.dim(i).dim_value();
      fits = value <= 0 || value == given[static_cast<size_t>(i)];
    }
    if (!fits) {
      Fail(ErrorKind::kUsage,
           fmt::format("--shape says {}, the model says {}", ToText(given), DimsText(proto)));
    }
  }

  void ReadNode(const onnx::NodeProto& node) {
    const std::string label = fmt::format("node '{}' ({})", NodeName(node), node.op_type());
    try {
      if (!OperandsKnown(node)) return MarkUnknown(node);
      for (const std::string& output : node.output()) {
        if (scope_.tensors.count(output) == 0 && unknown_.count(output) == 0) continue;
        Fail(ErrorKind::kUnusable, "tensor '" + output + "' is defined twice");
      }
      ReadOperator(node);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kUnsupported) throw error.WithContext(label);
      unsupported_ += fmt::format("\n  {}: {}", label, error.what());
      ++unsupported_count_;
      MarkUnknown(node);
    }
  }

  void ReadOperator(const onnx::NodeProto& node) {
    const bool ours = node.domain().empty() || node.domain() == "ai.onnx";
    const OnnxSpelling* spelling = ours ? FindOnnxSpelling(node.op_type()) : nullptr;
    if (spelling == nullptr) {
      Fail(ErrorKind::kUnsupported,
           ours ? "this operator is not supported (qconvert --list-ops shows which are)"
                : "operators of the domain '" + node.domain() + "' are not supported");
    }
    NodeImporter importer(node, scope_);
    spelling->read(importer);
    for (const std::string& output : node.output()) {
      if (output.empty() || scope_.tensors.count(output) != 0) continue;
      unknown_.insert(output);
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
  std::set<std::string> unknown_;  // outputs of nodes that could not be read
  std::string unsupported_;
  int unsupported_count_ = 0;
};

}  // namespace

Graph ImportOnnx(const std::string& path, const ImportOptions& options) {
  try {
    onnx::ModelProto model;
    Parse(MappedFile::Open(path)->bytes(), model);
    const std::string folder = std::filesystem::path(path).parent_path().string();
    return ModelImporter(model, folder, options).Import();
  } catch (const Error& error) {
    if (std::string(error.what()).rfind("cannot read '" + path, 0) == 0) throw;
    throw error.WithContext(path);
  }
}

}  // namespace qconvert
