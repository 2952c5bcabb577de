// CONCATENATION and GATHER.
#include <cstring>

#include "tflite_generated.h"
#include <flatbuffers/flatbuffers.h>

#include "lib/base/error.h"
#include "lib/kernels/copy_kernel.h"
#include "lib/ops/elementwise.h"
#include "lib/ops/gradient_loops.h"
#include "lib/ops/gradients.h"
#include "lib/ops/records.h"

namespace qconvert {
namespace {

void InferConcat(const Node& node, std::span<const Tensor* const> inputs,
                 std::span<Tensor> outputs) {
  const Tensor& first = RequireInput(inputs, 0);
  const auto axis = static_cast<size_t>(NormalizeAxis(node.As<Concat>()->axis, first.rank()));
  Shape shape = first.shape;
  for (size_t k = 1; k < inputs.size(); ++k) {
    const Tensor& other = RequireInput(inputs, k);
    Shape same = other.shape;
    if (same.size() == shape.size()) same[axis] = shape[axis];
    if (same != shape || other.type != first.type) {
      Fail(ErrorKind::kUnusable, "operands " + ToText(first.shape) + " and " + ToText(other.shape) +
                                     " do not concatenate");
    }
    shape[axis] += other.shape[axis];
  }
  outputs[0].type = first.type;
  outputs[0].shape = std::move(shape);
}

void CopyConcat(const Node& node, TensorViews inputs, TensorViews outputs, const Copier& copier) {
  const auto axis = static_cast<size_t>(node.As<Concat>()->axis);
  StridedPlace to = Dense(outputs[0]);
  for (const TensorView& input : inputs) {
    copier.Copy(input.shape(), ElementBytes(input.type()), Dense(input), to);
    to.offset += input.shape()[axis] * to.strides[axis];
  }
}

void InferGather(const Node& node, std::span<const Tensor* const> inputs,
                 std::span<Tensor> outputs) {
  const Tensor& input = RequireInput(inputs, 0);
  const Tensor& indices = RequireInput(inputs, 1);
  const int axis = NormalizeAxis(node.As<Gather>()->axis, input.rank());
  if (indices.type != ElementType::kInt32 && indices.type != ElementType::kInt64) {
    Fail(ErrorKind::kUnusable, "indices are not integers");
  }
  outputs[0].type = input.type;
  outputs[0].shape.assign(input.shape.begin(), input.shape.begin() + axis);
  outputs[0].shape.insert(outputs[0].shape.end(), indices.shape.begin(), indices.shape.end());
  outputs[0].shape.insert(outputs[0].shape.end(), input.shape.begin() + axis + 1,
                          input.shape.end());
}

[[noreturn]] void FailIndex(int64_t index, int64_t dim) {
  Fail(ErrorKind::kUnusable,
       "index " + std::to_string(index) + " is outside an axis of " + std::to_string(dim));
}

int64_t IndexAt(const TensorView& indices, size_t i) {
  return indices.type() == ElementType::kInt64 ? indices.Values<int64_t>()[i]
                                               : indices.Values<int32_t>()[i];
}

/// The runs of elements behind the axis that indices choose from.
class GatherRuns {
 public:
  GatherRuns(const Gather& gather, TensorViews inputs) : indices_(inputs[1]) {
    const Shape& shape = inputs[0].shape();
    const auto axis = static_cast<size_t>(gather.axis);
    dim_ = shape[axis];
    for (size_t i = 0; i < axis; ++i) outer_ *= static_cast<size_t>(shape[i]);
    for (size_t i = axis + 1; i < shape.size(); ++i) length_ *= static_cast<size_t>(shape[i]);
  }

  /// Returns the elements of a run.
  size_t length() const { return length_; }

  /// Calls visit(from, to): run `from` of the operand is copied to run `to` of the result.
  template <typename Visit>
  void ForEach(Visit visit) const {
    const auto count = static_cast<size_t>(indices_.elements());
    for (size_t o = 0; o < outer_; ++o) {
      for (size_t k = 0; k < count; ++k) {
        int64_t index = IndexAt(indices_, k);
        if (index < 0) index += dim_;
        if (index < 0 || index >= dim_) FailIndex(index, dim_);
        visit(o * static_cast<size_t>(dim_) + static_cast<size_t>(index), o * count + k);
      }
    }
  }

 private:
  TensorView indices_;
  int64_t dim_ = 0;
  size_t outer_ = 1, length_ = 1;
};

void EvaluateGather(const Node& node, TensorViews inputs, TensorViews outputs) {
  const GatherRuns runs(*node.As<Gather>(), inputs);
  const size_t bytes = runs.length() * ElementBytes(inputs[0].type());
  runs.ForEach([&](size_t from, size_t to) {
    std::memcpy(outputs[0].bytes + to * bytes, inputs[0].bytes + from * bytes, bytes);
  });
}

/// Each run of elements has the sum of dL/dy over the places that it was copied to.
void GatherBackward(const Node& node, const NodeGradients& gradients) {
  if (!Wants(gradients, 0)) return;
  const GatherRuns runs(*node.As<Gather>(), gradients.inputs);
  runs.ForEach([&](size_t from, size_t to) {
    const float* by_y = &gradients.by_outputs[0][to * runs.length()];
    float* by_x = &gradients.by_inputs[0][from * runs.length()];
    for (size_t i = 0; i < runs.length(); ++i) by_x[i] += by_y[i];
  });
}

void ReadConcat(OnnxNode& onnx) {
  std::vector<TensorId> inputs;
  for (size_t k = 0; k < onnx.input_count(); ++k) inputs.push_back(onnx.Input(k));
  if (inputs.size() == 1) return onnx.SetOutput(0, inputs[0]);
  const int axis = NormalizeAxis(onnx.Int("axis", 1), onnx.InputTensor(0).rank());
  onnx.EmitOutput(Concat{axis}, std::move(inputs));
}

/// Returns constant indices counted from the front, for TFLite takes no negative ones.
TensorId IndicesFromFront(OnnxNode& onnx, int64_t dim) {
  const Tensor& indices = onnx.InputTensor(1);
  if (!indices.is_constant()) return onnx.Input(1);
  std::vector<int64_t> values = IntValues(indices);
  for (int64_t& index : values) {
    if (index < -dim || index >= dim) FailIndex(index, dim);
    index += index < 0 ? dim : 0;
  }
  const Shape shape = indices.shape;
  return onnx.AddConstant(
      MakeConstantTensor(indices.name, shape, std::vector<int32_t>(values.begin(), values.end())));
}

void ReadGather(OnnxNode& onnx) {
  const Shape shape = onnx.InputTensor(0).shape;
  const int axis = NormalizeAxis(onnx.Int("axis", 0), shape.size());
  const TensorId indices = IndicesFromFront(onnx, shape[static_cast<size_t>(axis)]);
  onnx.EmitOutput(Gather{axis}, {onnx.Input(0), indices});
}

constexpr OnnxSpelling kConcatOnnx[] = {{"Concat", 4, ReadConcat}};
constexpr OnnxSpelling kGatherOnnx[] = {{"Gather", 1, ReadGather}};

void WriteConcat(TfliteWriteContext& context) {
  auto& builder = *static_cast<flatbuffers::FlatBufferBuilder*>(context.builder());
  context.SetOptions(
      tflite::BuiltinOptions_ConcatenationOptions,
      tflite::CreateConcatenationOptions(builder, context.node().As<Concat>()->axis).o);
}

Operator ReadTfliteConcat(TfliteReadContext& context) {
  const auto* options = static_cast<const tflite::ConcatenationOptions*>(
      context.Options(tflite::BuiltinOptions_ConcatenationOptions));
  if (options == nullptr) context.Refuse("it has no options");
  if (options->fused_activation_function() != tflite::ActivationFunctionType_NONE) {
    context.Refuse("a concatenation with a fused activation");
  }
  return Concat{NormalizeAxis(options->axis(), context.Input(0).rank())};
}

int GatherVersion(const TfliteWriteContext& context) {
  return context.Input(0).type == ElementType::kInt16 ? 4 : Int8Version2(context);
}

void WriteGather(TfliteWriteContext& context) {
  auto& builder = *static_cast<flatbuffers::FlatBufferBuilder*>(context.builder());
  context.SetOptions(tflite::BuiltinOptions_GatherOptions,
                     tflite::CreateGatherOptions(builder, context.node().As<Gather>()->axis).o);
}

Operator ReadTfliteGather(TfliteReadContext& context) {
  const auto* options = static_cast<const tflite::GatherOptions*>(
      context.Options(tflite::BuiltinOptions_GatherOptions));
  if (options == nullptr || options->batch_dims() != 0) context.Refuse("batched gather");
  return Gather{NormalizeAxis(options->axis(), context.Input(0).rank())};
}

bool RenumberConcat(std::span<const Tensor* const> inputs, StoredAxes& axes, Operator& op) {
  axes.operands.assign(inputs.size(), true);
  return RenumberAxis<Concat>(inputs, axes, op);
}

/// Several axes of indices would stand where one axis was.
bool RenumberGather(std::span<const Tensor* const> inputs, StoredAxes& axes, Operator& op) {
  const size_t index_rank = inputs[1]->rank();
  if (index_rank > 1) return false;
  if (index_rank == 0) axes.DropFromResult({std::get<Gather>(op).axis});
  return RenumberAxis<Gather>(inputs, axes, op);
}

}  // namespace

constinit const Op kConcat = {.name = Concat::kName,
                              .onnx = kConcatOnnx,
                              .operands = {1, OperandCount::kAny},
                              .infer = InferConcat,
                              .evaluate = EvaluateCopies<CopyConcat>,
                              .backward = MovementBackward,
                              .quant = UnifyingRule(),
                              .reference_int8 = EvaluateCopies<CopyConcat>,
                              .reference_int16 = EvaluateCopies<CopyConcat>,
                              .prepare_float = PrepareCopies<CopyConcat>,
                              .prepare_int8 = PrepareCopies<CopyConcat>,
                              .prepare_int16 = PrepareCopies<CopyConcat>,
                              .axes = RenumberedAxes(RenumberConcat),
                              .tflite = {.code = tflite::BuiltinOperator_CONCATENATION,
                                         .runtimes = "1.5.0 1.14.0 2.3.0",
                                         .version = VersionOfWidth,
                                         .write = WriteConcat,
                                         .read = ReadTfliteConcat}};

constinit const Op kGather = {.name = Gather::kName,
                              .onnx = kGatherOnnx,
                              .operands = {2, 2},
                              .infer = InferGather,
                              .evaluate = EvaluateGather,
                              .backward = GatherBackward,
                              .quant = MovementRule(),
                              .reference_int8 = EvaluateGather,
                              .reference_int16 = EvaluateGather,
                              .axes = RenumberedAxes(RenumberGather),
                              .tflite = {.code = tflite::BuiltinOperator_GATHER,
                                         .runtimes = "1.6.0 1.14.0 1.15.0 2.4.0",
                                         .version = GatherVersion,
                                         .write = WriteGather,
                                         .read = ReadTfliteGather}};

}  // namespace qconvert
