#include "lib/tflite/writer.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "tflite_generated.h"
#include <flatbuffers/flatbuffers.h>

#include "lib/base/error.h"
#include "lib/math/int4.h"
#include "lib/math/quantize.h"
#include "lib/ops/op.h"
#include "lib/passes/batch_growth.h"
#include "lib/tflite/payloads.h"
#include "lib/tflite/runtime_version.h"
#include "lib/tflite/type_codes.h"

namespace qconvert {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

constexpr size_t kBytesOfStructure = size_t{1} << 20;
constexpr std::string_view kFirstRuntimeWithPayloads = "2.16.0";

/// Returns a quantized constant of one element and no axes.
template <typename T>
Tensor Quantized(const std::string& name, float real, const QuantParams& params,
                 IntegerLimits limits) {
  const int32_t steps = QuantizeValue(real, {params.scale(), params.zero_point()}, limits);
  Tensor constant = MakeConstantTensor(name, {}, std::vector<T>{static_cast<T>(steps)});
  constant.quant = params;
  return constant;
}

/// One node's operands while it is written; the constants that TFLite wants as operands are added.
class NodeWriter : public TfliteWriteContext {
 public:
  NodeWriter(const Graph& graph, const Node& node, FlatBufferBuilder& builder,
             std::vector<Tensor>& added)
      : graph_(graph),
        node_(node),
        builder_(builder),
        added_(added),
        operands_(node.inputs().begin(), node.inputs().end()) {}

  const Node& node() const override { return node_; }
  const Tensor& Input(size_t i) const override { return graph_.tensor(node_.inputs().at(i)); }
  const Tensor& Output(size_t i) const override { return graph_.tensor(node_.outputs().at(i)); }
  void* builder() override { return &builder_; }

  void SetOptions(int type, uint32_t offset) override {
    options_type_ = static_cast<tflite::BuiltinOptions>(type);
    options_ = offset;
  }

  void InsertConstant(size_t position, const Shape& shape,
                      const std::vector<int64_t>& values) override {
    InsertTensor(position,
                 MakeConstantTensor(Output(0).name + "/operand" + std::to_string(position), shape,
                                    std::vector<int32_t>(values.begin(), values.end())));
  }

  void SwapOperands(size_t a, size_t b) override { std::swap(operands_.at(a), operands_.at(b)); }

  void InsertRealConstant(size_t position, float real) override {
    const Tensor& like = Input(0);
    const std::string name = Output(0).name + "/value";
    if (like.quant) {
      InsertTensor(position, like.type == ElementType::kInt16
                                 ? Quantized<int16_t>(name, real, *like.quant, kInt16Limits)
                                 : Quantized<int8_t>(name, real, *like.quant, kInt8Limits));
    } else if (like.type == ElementType::kInt32) {
      InsertTensor(position, MakeConstantTensor(name, {}, std::vector{static_cast<int32_t>(real)}));
    } else if (like.type == ElementType::kInt64) {
      InsertTensor(position, MakeConstantTensor(name, {}, std::vector{static_cast<int64_t>(real)}));
    } else {
      InsertTensor(position, MakeConstantTensor(name, {}, std::vector{real}));
    }
  }

  Offset<tflite::Operator> Finish(uint32_t code_index) {
    const std::vector<int32_t> outputs(node_.outputs().begin(), node_.outputs().end());
    return tflite::CreateOperator(builder_, code_index, builder_.CreateVector(operands_),
                                  builder_.CreateVector(outputs), options_type_, options_);
  }

 private:
  void InsertTensor(size_t position, Tensor tensor) {
    operands_.insert(operands_.begin() + static_cast<std::ptrdiff_t>(position),
                     graph_.tensor_count() + static_cast<int32_t>(added_.size()));
    added_.push_back(std::move(tensor));
  }

  const Graph& graph_;
  const Node& node_;
  FlatBufferBuilder& builder_;
  std::vector<Tensor>& added_;  // behind those of the graph
  std::vector<int32_t> operands_;
  tflite::BuiltinOptions options_type_ = tflite::BuiltinOptions_NONE;
  Offset<void> options_ = 0;
};

const TfliteForm& FormOf(const Op& op, const TfliteWriteContext& context) {
  for (const TfliteForm& form : op.other_tflite) {
    if (form.when != nullptr && form.when(context)) return form;
  }
  return op.tflite;
}

/// Builds one file. Tensor ids stay what they are in the graph after Compact has renumbered them.
/// Each constant is let go once its bytes are in the file.
class ModelWriter {
 public:
  /// `apart` writes constants behind the flatbuffer.
  ModelWriter(Graph graph, bool apart)
      : graph_(std::move(graph)),
        apart_(apart),
        growth_(FollowBatch(graph_)),
        // A builder that grows copies the weights each time.
        builder_(kBytesOfStructure + (apart ? 0 : ConstantBytes(graph_))) {}

  SharedBytes Write() {
    if (apart_) runtime_ = kFirstRuntimeWithPayloads;
    buffers_.push_back(tflite::CreateBuffer(builder_));  // buffer 0 stands for "no data"
    const auto operators = WriteOperators();
    const auto subgraph = WriteSubGraph(operators);
    const auto metadata = WriteMetadata();
    const auto signature = WriteSignature();
    const auto codes = WriteOperatorCodes();
    builder_.Finish(
        tflite::CreateModel(builder_, 3, codes, builder_.CreateVector(&subgraph, 1),
                            builder_.CreateString("qconvert " QCONVERT_VERSION),
                            builder_.CreateVector(buffers_), 0, builder_.CreateVector(metadata),
                            builder_.CreateVector(&signature, 1)),
        tflite::ModelIdentifier());
    flatbuffers::DetachedBuffer structure = builder_.Release();
    const auto bytes = std::as_writable_bytes(std::span(structure.data(), structure.size()));
    return apart_ ? payloads_.AppendTo(bytes)
                  : ShareBytes<flatbuffers::DetachedBuffer>(bytes, std::move(structure));
  }

 private:
  std::vector<Offset<tflite::Operator>> WriteOperators() {
    std::vector<Offset<tflite::Operator>> operators;
    for (const Node& node : graph_.nodes()) {
      NodeWriter writer(graph_, node, builder_, added_);
      const TfliteForm& form = FormOf(OpOf(node), writer);
      const int version = form.version == nullptr ? 1 : form.version(writer);
      if (form.write != nullptr) form.write(writer);
      operators.push_back(writer.Finish(CodeIndex(form.code, version)));
      runtime_ = LaterRuntime(runtime_, FirstRuntime(form, version));
    }
    return operators;
  }

  uint32_t CodeIndex(int code, int version) {
    const std::pair<int, int> wanted{code, version};
    const auto found = std::find(codes_.begin(), codes_.end(), wanted);
    if (found != codes_.end()) return static_cast<uint32_t>(found - codes_.begin());
    codes_.push_back(wanted);
    return static_cast<uint32_t>(codes_.size() - 1);
  }

  Offset<flatbuffers::Vector<Offset<tflite::OperatorCode>>> WriteOperatorCodes() {
    std::vector<Offset<tflite::OperatorCode>> codes;
    for (const auto& [code, version] : codes_) {
      codes.push_back(tflite::CreateOperatorCode(builder_, static_cast<int8_t>(std::min(code, 127)),
                                                 0, version,
                                                 static_cast<tflite::BuiltinOperator>(code)));
    }
    return builder_.CreateVector(codes);
  }

  uint32_t AddBuffer(std::span<const std::byte> bytes) {
    builder_.ForceVectorAlignment(bytes.size(), 1, 16);
    const auto data =
        builder_.CreateVector(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    buffers_.push_back(tflite::CreateBuffer(builder_, data));
    return static_cast<uint32_t>(buffers_.size() - 1);
  }

  /// Writes a tensor's values and takes them away from it.
  uint32_t WriteConstant(Tensor& tensor) {
    if (!tensor.is_constant()) return 0;
    Constant constant = *std::exchange(tensor.constant, std::nullopt);
    if (tensor.type == ElementType::kInt4) {
      std::vector<std::byte> packed(PackedInt4Bytes(tensor.bytes()));
      PackInt4({reinterpret_cast<const int8_t*>(constant.bytes.data()), constant.bytes.size()},
               packed);
      constant = MakeConstant(std::move(packed));
    }
    if (!apart_ || constant.bytes.empty()) return AddBuffer(constant.bytes);
    const auto index = static_cast<uint32_t>(buffers_.size());
    buffers_.push_back(
        tflite::CreateBuffer(builder_, 0, Payloads::kPlaceToCome, constant.bytes.size()));
    payloads_.Add(index, std::move(constant));
    return index;
  }

  /// Writes equal zero points once: those of weights and biases are a 0 for each channel.
  Offset<flatbuffers::Vector<int64_t>> WriteZeroPoints(const std::vector<int64_t>& zero_points) {
    const auto [found, is_new] = zero_points_.try_emplace(zero_points);
    if (is_new) found->second = builder_.CreateVector(zero_points);
    return found->second;
  }

  Offset<tflite::QuantizationParameters> WriteQuantization(const Tensor& tensor) {
    if (!tensor.quant) return tflite::CreateQuantizationParameters(builder_);
    const QuantParams& quant = *tensor.quant;
    const std::vector<int64_t> zero_points(quant.zero_points.begin(), quant.zero_points.end());
    return tflite::CreateQuantizationParameters(
        builder_, 0, 0, builder_.CreateVector(quant.scales), WriteZeroPoints(zero_points),
        tflite::QuantizationDetails_NONE, 0, std::max(quant.axis, 0));
  }

  Offset<tflite::Tensor> WriteTensor(Tensor& tensor, bool grows = false) {
    std::vector<int32_t> shape(tensor.shape.begin(), tensor.shape.end());
    const uint32_t buffer = WriteConstant(tensor);
    const auto shape_offset = builder_.CreateVector(shape);
    const auto name = builder_.CreateString(tensor.name);
    const auto quantization = WriteQuantization(tensor);
    Offset<flatbuffers::Vector<int32_t>> signature = 0;
    if (grows) {
      shape[0] = -1;
      signature = builder_.CreateVector(shape);
    }
    return tflite::CreateTensor(builder_, shape_offset,
                                static_cast<tflite::TensorType>(TfliteTypeCode(tensor.type)),
                                buffer, name, quantization, false, 0, signature, true);
  }

  Offset<tflite::SubGraph> WriteSubGraph(const std::vector<Offset<tflite::Operator>>& operators) {
    std::vector<Offset<tflite::Tensor>> tensors;
    for (TensorId id = 0; id < graph_.tensor_count(); ++id) {
      tensors.push_back(WriteTensor(graph_.tensor(id), growth_.grows[static_cast<size_t>(id)]));
    }
    for (Tensor& tensor : added_) tensors.push_back(WriteTensor(tensor));
    const std::vector<int32_t> inputs(graph_.inputs.begin(), graph_.inputs.end());
    const std::vector<int32_t> outputs(graph_.outputs.begin(), graph_.outputs.end());
    const auto tensor_vector = builder_.CreateVector(tensors);
    const auto input_vector = builder_.CreateVector(inputs);
    const auto output_vector = builder_.CreateVector(outputs);
    const auto operator_vector = builder_.CreateVector(operators);
    return tflite::CreateSubGraph(builder_, tensor_vector, input_vector, output_vector,
                                  operator_vector, builder_.CreateString(graph_.name));
  }

  Offset<tflite::Metadata> WriteMetadataEntry(const std::string& name, std::string text,
                                              size_t padded_bytes) {
    text.resize(std::max(text.size(), padded_bytes), '\0');
    const uint32_t buffer = AddBuffer(std::as_bytes(std::span(text.data(), text.size())));
    return tflite::CreateMetadata(builder_, builder_.CreateString(name), buffer);
  }

  std::vector<Offset<tflite::Metadata>> WriteMetadata() {
    std::vector<Offset<tflite::Metadata>> entries;
    entries.push_back(WriteMetadataEntry("min_runtime_version", runtime_, 16));
    for (const auto& [key, text] : graph_.metadata) {
      entries.push_back(WriteMetadataEntry("qconvert." + key, text, 1));
    }
    return entries;
  }

  Offset<flatbuffers::Vector<Offset<tflite::TensorMap>>> WriteTensorMap(
      const std::vector<std::string>& names, const std::vector<TensorId>& ids) {
    std::vector<Offset<tflite::TensorMap>> maps;
    for (size_t i = 0; i < ids.size(); ++i) {
      const std::string& name = i < names.size() ? names[i] : graph_.tensor(ids[i]).name;
      maps.push_back(tflite::CreateTensorMap(builder_, builder_.CreateString(name),
                                             static_cast<uint32_t>(ids[i])));
    }
    return builder_.CreateVector(maps);
  }

  Offset<tflite::SignatureDef> WriteSignature() {
    const auto inputs = WriteTensorMap(graph_.input_names, graph_.inputs);
    const auto outputs = WriteTensorMap(graph_.output_names, graph_.outputs);
    return tflite::CreateSignatureDef(builder_, inputs, outputs,
                                      builder_.CreateString("serving_default"), 0);
  }

  Graph graph_;
  const bool apart_;
  const BatchGrowth growth_;  // of inputs whose batch is open
  FlatBufferBuilder builder_;
  std::map<std::vector<int64_t>, Offset<flatbuffers::Vector<int64_t>>> zero_points_;  // written
  std::vector<Tensor> added_;  // constants that only TFLite has; their ids follow the graph's
  Payloads payloads_;          // if apart
  std::vector<Offset<tflite::Buffer>> buffers_;
  std::vector<std::pair<int, int>> codes_;
  std::string runtime_ = "1.5.0";  // the oldest that has all operators; none is older
};

/// Returns why no file can hold a node; empty when one can.
std::string WhyNoForm(const Graph& graph, const Node& node) {
  const TfliteForm& form = OpOf(node).tflite;
  if (form.code < 0) return "TFLite has no such operator";
  if (!node.has_input(0)) return {};
  const ElementType type = graph.tensor(node.input(0)).type;
  if (std::ranges::find(form.lacks, type) == form.lacks.end()) return {};
  return "TFLite has no such operator for " + std::string(ElementTypeName(type));
}

void RefuseNodesWithoutForm(const Graph& graph) {
  std::string list;
  for (const Node& node : graph.nodes()) {
    const std::string why = WhyNoForm(graph, node);
    if (why.empty()) continue;
    list += "\n  node '" + node.name + "' (" + std::string(node.kind()) + "): " + why;
  }
  if (!list.empty()) Fail(ErrorKind::kUnsupported, "cannot be written as TFLite:" + list);
}

/// Returns the graph with only the tensors that are used, so that ids are the file's indices.
Graph Compact(Graph graph) {
  Graph compact;
  compact.name = graph.name;
  compact.metadata = graph.metadata;
  compact.input_names = graph.input_names;
  compact.output_names = graph.output_names;
  std::map<TensorId, TensorId> renumbered;
  const auto keep = [&](TensorId id) {
    if (id == kNoTensor) return kNoTensor;
    const auto found = renumbered.find(id);
    if (found != renumbered.end()) return found->second;
    return renumbered[id] = compact.AddTensor(std::move(graph.tensor(id)));
  };
  for (TensorId id : graph.inputs) compact.inputs.push_back(keep(id));
  for (const Node& node : graph.nodes()) {
    std::vector<TensorId> inputs, outputs;
    for (TensorId id : node.inputs()) inputs.push_back(keep(id));
    for (TensorId id : node.outputs()) outputs.push_back(keep(id));
    compact.Append(node.On(std::move(inputs), std::move(outputs)));
  }
  for (TensorId id : graph.outputs) compact.outputs.push_back(keep(id));
  return compact;
}

}  // namespace

SharedBytes WriteTflite(Graph graph, size_t most_in_flatbuffer) {
  RefuseNodesWithoutForm(graph);
  Graph compact = Compact(std::move(graph));
  const bool apart = ConstantBytes(compact) > most_in_flatbuffer;
  return ModelWriter(std::move(compact), apart).Write();
}

}  // namespace qconvert
