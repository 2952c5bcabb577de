#include "lib/onnx/node_importer.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <utility>

#include <onnx.pb.h>

#include "lib/base/error.h"
#include "lib/math/finite_range.h"
#include "lib/onnx/initializer.h"
#include "lib/ops/fold.h"

namespace qconvert {
namespace {

using onnx::AttributeProto;

// Larger constants are left to be computed, unless they are rearranged weights.
constexpr size_t kMostFoldedBytes = size_t{1} << 26;
// Of all results that are larger than their operands: a small file must not fill the memory.
constexpr size_t kMostExpandedBytes = size_t{1} << 30;

int64_t OperandElements(const std::vector<const Tensor*>& operands) {
  int64_t elements = 0;
  for (const Tensor* operand : operands) elements += operand == nullptr ? 0 : operand->elements();
  return elements;
}

int64_t ResultElements(const std::vector<Tensor>& results) {
  int64_t elements = 0;
  for (const Tensor& result : results) elements += result.elements();
  return elements;
}

bool OnlyMoves(const Node& node) {
  return node.Is<Transpose>() || node.Is<Reshape>() || node.Is<Pad>() || node.Is<StridedSlice>();
}

[[noreturn]] void FailNan(std::string_view attribute) {
  Fail(ErrorKind::kUnusable, "attribute '" + std::string(attribute) + "' holds NaN");
}

/// TFLite's tools count a tensor's bytes in 31 bits; a small file must not ask for more either.
void RequireHoldable(const std::vector<Tensor>& results) {
  for (const Tensor& result : results) {
    if (result.bytes() <= INT32_MAX) continue;
    Fail(ErrorKind::kUnsupported,
         "a result of shape " + ToText(result.shape) + " takes more than 2 GB");
  }
}

/// Only arithmetic on activations, such as a mask of scores, has a use for infinities.
void RequireFiniteWeights(const Node& node, const std::vector<const Tensor*>& operands) {
  for (size_t i = 0; i < operands.size(); ++i) {
    const OperandRule::Kind kind = OpOf(node).quant.Operand(i).kind;
    if (kind == OperandRule::kCalibrated || kind == OperandRule::kSameAs) continue;
    const Tensor* operand = operands[i];
    const bool weights = operand != nullptr && operand->is_constant() && operand->is_float();
    if (!weights || operand->elements() == 1 || FiniteRange(operand->Values<float>())) continue;
    Fail(ErrorKind::kUnusable, "its weights hold NaN or infinity");
  }
}

bool IsSmallInteger(const Tensor& tensor) {
  return !tensor.quant &&
         (tensor.type == ElementType::kInt8 || tensor.type == ElementType::kUInt8 ||
          tensor.type == ElementType::kInt16);
}

template <typename... Kinds>
bool IsAny(const Operator& op) {
  return (std::holds_alternative<Kinds>(op) || ...);
}

/// Returns whether an operator computes with numbers of any type in ONNX.
bool ComputesNumbers(const Operator& op) {
  return IsAny<Add, Sub, Mul, Div, Maximum, Minimum, Pow, FloorMod, Abs, Neg, Sign, Sum, ReduceMax,
               ReduceMin, ReduceProd, Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual>(op);
}

size_t ResultBytes(const std::vector<Tensor>& results) {
  size_t bytes = 0;
  for (const Tensor& result : results) bytes += result.bytes();
  return bytes;
}

}  // namespace

std::string NodeName(const onnx::NodeProto& proto) {
  if (!proto.name().empty()) return proto.name();
  return proto.op_type() + "_" + (proto.output_size() > 0 ? proto.output(0) : "");
}

NodeImporter::NodeImporter(const onnx::NodeProto& proto, ImportScope& scope)
    : proto_(proto), scope_(scope), name_(NodeName(proto)), op_type_(proto.op_type()) {}

const AttributeProto* NodeImporter::Find(std::string_view attribute, int type) const {
  for (const AttributeProto& candidate : proto_.attribute()) {
    if (candidate.name() != attribute) continue;
    if (type != AttributeProto::UNDEFINED && candidate.type() != type) {
      Fail(ErrorKind::kUnusable, "attribute '" + std::string(attribute) + "' has the wrong type");
    }
    return &candidate;
  }
  return nullptr;
}

const AttributeProto& NodeImporter::Require(std::string_view attribute, int type) const {
  const AttributeProto* found = Find(attribute, type);
  if (found == nullptr) {
    Fail(ErrorKind::kUnusable, "attribute '" + std::string(attribute) + "' is missing");
  }
  return *found;
}

bool NodeImporter::Has(std::string_view attribute) const {
  return Find(attribute, AttributeProto::UNDEFINED) != nullptr;
}

int64_t NodeImporter::Int(std::string_view attribute, int64_t otherwise) const {
  const AttributeProto* found = Find(attribute, AttributeProto::INT);
  return found == nullptr ? otherwise : found->i();
}

float NodeImporter::Float(std::string_view attribute, float otherwise) const {
  const AttributeProto* found = Find(attribute, AttributeProto::FLOAT);
  if (found != nullptr && std::isnan(found->f())) FailNan(attribute);
  return found == nullptr ? otherwise : found->f();
}

std::string NodeImporter::String(std::string_view attribute, std::string_view otherwise) const {
  const AttributeProto* found = Find(attribute, AttributeProto::STRING);
  return found == nullptr ? std::string(otherwise) : found->s();
}

std::vector<int64_t> NodeImporter::Ints(std::string_view attribute) const {
  const AttributeProto* found = Find(attribute, AttributeProto::INTS);
  if (found == nullptr) return {};
  return {found->ints().begin(), found->ints().end()};
}

std::vector<float> NodeImporter::Floats(std::string_view attribute) const {
  const AttributeProto* found = Find(attribute, AttributeProto::FLOATS);
  if (found == nullptr) return {};
  for (float value : found->floats()) {
    if (std::isnan(value)) FailNan(attribute);
  }
  return {found->floats().begin(), found->floats().end()};
}

Tensor NodeImporter::TensorAttribute(std::string_view attribute) const {
  onnx::TensorProto copy = Require(attribute, AttributeProto::TENSOR).t();
  Tensor tensor = ReadInitializer(copy, scope_.folder);
  tensor.name = proto_.output_size() > 0 ? proto_.output(0) : name_;
  if (op_type_ == "Constant") scope_.Show(tensor);
  return tensor;
}

const onnx::GraphProto& NodeImporter::GraphAttribute(std::string_view attribute) const {
  return Require(attribute, AttributeProto::GRAPH).g();
}

size_t NodeImporter::input_count() const { return static_cast<size_t>(proto_.input_size()); }
size_t NodeImporter::output_count() const { return static_cast<size_t>(proto_.output_size()); }

bool NodeImporter::HasInput(size_t i) const {
  return i < input_count() && !proto_.input(static_cast<int>(i)).empty();
}

bool NodeImporter::HasOutput(size_t i) const {
  return i < output_count() && !proto_.output(static_cast<int>(i)).empty();
}

TensorId NodeImporter::Input(size_t i) const {
  if (!HasInput(i)) Fail(ErrorKind::kUnusable, "input " + std::to_string(i) + " is missing");
  return scope_.tensors.at(proto_.input(static_cast<int>(i)));
}

const Tensor& NodeImporter::tensor(TensorId id) const { return scope_.graph->tensor(id); }

TensorId NodeImporter::AddConstant(Tensor tensor) {
  return scope_.graph->AddTensor(std::move(tensor));
}

std::vector<const Tensor*> NodeImporter::Operands(const Node& node) const {
  std::vector<const Tensor*> operands;
  for (TensorId id : node.inputs()) {
    operands.push_back(id == kNoTensor ? nullptr : &scope_.graph->tensor(id));
  }
  return operands;
}

/// TFLite's integers of 8 and 16 bits stand for reals; ONNX's are numbers, which int32 holds.
TensorId NodeImporter::Emit(Operator op, std::vector<TensorId> inputs, size_t outputs) {
  const bool widens =
      ComputesNumbers(op) && outputs == 1 && std::ranges::all_of(inputs, [&](TensorId id) {
        return id != kNoTensor && IsSmallInteger(scope_.graph->tensor(id));
      });
  if (!widens) return EmitAsIs(std::move(op), std::move(inputs), outputs);
  const ElementType narrow = scope_.graph->tensor(inputs[0]).type;
  for (TensorId& input : inputs) input = EmitAsIs(Cast{ElementType::kInt32}, {input}, 1);
  const TensorId wide = EmitAsIs(std::move(op), std::move(inputs), 1);
  const bool number = scope_.graph->tensor(wide).type == ElementType::kInt32;
  return number ? EmitAsIs(Cast{narrow}, {wide}, 1) : wide;
}

TensorId NodeImporter::EmitAsIs(Operator op, std::vector<TensorId> inputs, size_t outputs) {
  std::vector<TensorId> ids;
  for (size_t k = 0; k < outputs; ++k) {
    ids.push_back(scope_.graph->tensor_count() + static_cast<TensorId>(k));
  }
  Node node(name_, std::move(op), std::move(inputs), std::move(ids));
  std::vector<Tensor> results = InferOutputs(node, Operands(node));
  return Add(std::move(node), std::move(results));
}

/// Returns whether a node may be evaluated now: it reads constants, and does not make much of
/// little.
bool NodeImporter::MayFold(const std::vector<const Tensor*>& operands,
                           const std::vector<Tensor>& results) {
  const bool constant = std::all_of(operands.begin(), operands.end(), [](const Tensor* operand) {
    return operand == nullptr || operand->is_constant();
  });
  if (!constant) return false;
  if (ResultElements(results) <= OperandElements(operands)) return true;
  const size_t to = ResultBytes(results);
  if (to > kMostFoldedBytes || scope_.expanded_bytes + to > kMostExpandedBytes) return false;
  scope_.expanded_bytes += to;
  return true;
}

/// Adds a node with its results, evaluated at once when all its operands are constants.
TensorId NodeImporter::Add(Node node, std::vector<Tensor> results) {
  RequireHoldable(results);
  const std::vector<const Tensor*> operands = Operands(node);
  const bool fold = MayFold(operands, results);
  if (fold) {
    EvaluateConstants(node, operands, results);
  } else {
    RequireFiniteWeights(node, operands);
  }
  const std::string base = output_count() > 0 ? proto_.output(0) : name_;
  const TensorId first = node.output();
  for (Tensor& result : results) {
    result.name = base + "/" + std::string(node.kind());
    scope_.graph->AddTensor(std::move(result));
  }
  if (!fold) emitted_.push_back(&scope_.graph->Append(std::move(node)));
  return first;
}

void NodeImporter::NameNodes() {
  if (emitted_.size() < 2) return;
  std::vector<Node*> computing;
  std::ranges::copy_if(emitted_, std::back_inserter(computing),
                       [](const Node* node) { return !OnlyMoves(*node); });
  const Node* main = computing.size() == 1 ? computing.front() : nullptr;
  for (Node* node : emitted_) {
    if (node != main) scope_.graph->Rename(*node, name_ + "/" + std::string(node->kind()));
  }
  if (main != nullptr) scope_.graph->Rename(*computing.front(), name_);
}

void NodeImporter::SetOutput(size_t i, TensorId id) {
  if (!HasOutput(i)) return;
  const std::string& wanted = proto_.output(static_cast<int>(i));
  if (!scope_.tensors.emplace(wanted, id).second) {
    Fail(ErrorKind::kUnusable, "tensor '" + wanted + "' is defined twice");
  }
  if (scope_.graph->IsInput(id)) return;
  // A tensor that is the output of an earlier node too (Identity) keeps that node's name.
  for (const std::string& input : proto_.input()) {
    if (!input.empty() && scope_.tensors.at(input) == id) return;
  }
  scope_.graph->Rename(id, wanted);
}

}  // namespace qconvert
