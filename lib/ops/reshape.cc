// RESHAPE and TRANSPOSE, and ONNX's Flatten, Squeeze and Unsqueeze.
#include <algorithm>
#include <numeric>

#include "tflite_generated.h"
#include <flatbuffers/flatbuffers.h>

#include "lib/base/error.h"
#include "lib/kernels/copy_kernel.h"
#include "lib/ops/elementwise.h"
#include "lib/ops/gradient_loops.h"
#include "lib/ops/gradients.h"
#include "lib/ops/records.h"
#include "lib/ops/rest_of_axis.h"

namespace qconvert {
namespace {

void InferReshape(const Node& node, std::span<const Tensor* const> inputs,
                  std::span<Tensor> outputs) {
  const Tensor& input = RequireInput(inputs, 0);
  Shape shape = node.As<Reshape>()->shape;
  if (!shape.empty() && shape[0] == kRestOfAxis) {
    shape[0] = 1;
    shape[0] = input.elements() / std::max<int64_t>(NumElements(shape), 1);
  }
  if (NumElements(shape) != input.elements()) {
    Fail(ErrorKind::kUnusable,
         "shape " + ToText(input.shape) + " cannot be reshaped to " + ToText(shape));
  }
  outputs[0].type = input.type;
  outputs[0].shape = std::move(shape);
}

void EvaluateReshape(const Node&, TensorViews inputs, TensorViews outputs) {
  std::copy_n(inputs[0].bytes, inputs[0].tensor->bytes(), outputs[0].bytes);
}

float SameSlope(float, float) { return 1; }

void InferTranspose(const Node& node, std::span<const Tensor* const> inputs,
                    std::span<Tensor> outputs) {
  const Tensor& input = RequireInput(inputs, 0);
  const std::vector<int>& perm = node.As<Transpose>()->perm;
  std::vector<int> sorted = perm;
  std::sort(sorted.begin(), sorted.end());
  for (size_t i = 0; i < sorted.size(); ++i) {
    if (sorted[i] != static_cast<int>(i)) Fail(ErrorKind::kUnusable, "perm is no permutation");
  }
  if (perm.size() != input.rank()) {
    Fail(ErrorKind::kUnusable,
         "perm of " + std::to_string(perm.size()) + " axes for shape " + ToText(input.shape));
  }
  outputs[0].type = input.type;
  outputs[0].shape.clear();
  for (int axis : perm) outputs[0].shape.push_back(input.shape[static_cast<size_t>(axis)]);
}

void CopyTranspose(const Node& node, TensorViews inputs, TensorViews outputs,
                   const Copier& copier) {
  const StridedPlace input = Dense(inputs[0]);
  StridedPlace from{inputs[0].bytes, 0, {}};
  for (int axis : node.As<Transpose>()->perm) {
    from.strides.push_back(input.strides[static_cast<size_t>(axis)]);
  }
  copier.Copy(outputs[0].shape(), ElementBytes(inputs[0].type()), from, Dense(outputs[0]));
}

void ReadReshape(OnnxNode& onnx) {
  const Shape& input = onnx.InputTensor(0).shape;
  Shape shape = onnx.ConstantInts(1);
  const bool allow_zero = onnx.Int("allowzero", 0) != 0;
  int64_t known = 1;
  size_t unknown = shape.size();
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0 && !allow_zero) {
      if (i >= input.size()) Fail(ErrorKind::kUnusable, "a 0 beyond the operand's rank");
      shape[i] = input[i];
    }
    if (shape[i] == -1 && unknown == shape.size()) {
      unknown = i;
    } else if (shape[i] < 0) {
      Fail(ErrorKind::kUnusable, "a negative dimension");
    } else {
      known = NumElements({known, shape[i]});
    }
  }
  if (unknown < shape.size()) {
    if (known == 0) Fail(ErrorKind::kUnusable, "-1 beside a dimension of 0");
    shape[unknown] = NumElements(input) / known;
  }
  onnx.SetOutput(0, onnx.EmitReshape(onnx.Input(0), std::move(shape)));
}

void ReadFlatten(OnnxNode& onnx) {
  const Shape& input = onnx.InputTensor(0).shape;
  int64_t axis = onnx.Int("axis", 1);
  if (axis < 0) axis += static_cast<int64_t>(input.size());
  if (axis < 0 || axis > static_cast<int64_t>(input.size())) {
    Fail(ErrorKind::kUnusable, "axis outside the operand's rank");
  }
  const int64_t rows =
      std::accumulate(input.begin(), input.begin() + axis, int64_t{1}, std::multiplies<>());
  const int64_t columns =
      std::accumulate(input.begin() + axis, input.end(), int64_t{1}, std::multiplies<>());
  onnx.SetOutput(0, onnx.EmitReshape(onnx.Input(0), {rows, columns}));
}

/// Returns the axes of Squeeze and Unsqueeze: an attribute before opset 13, then an operand.
std::vector<int64_t> ReadAxes(const OnnxNode& onnx) {
  return onnx.HasInput(1) ? onnx.ConstantInts(1) : onnx.Ints("axes");
}

void ReadSqueeze(OnnxNode& onnx) {
  const Shape& input = onnx.InputTensor(0).shape;
  std::vector<bool> drop(input.size(), false);
  const std::vector<int64_t> axes = ReadAxes(onnx);
  for (int64_t axis : axes) drop[static_cast<size_t>(NormalizeAxis(axis, input.size()))] = true;
  Shape shape;
  for (size_t i = 0; i < input.size(); ++i) {
    if (axes.empty()) drop[i] = input[i] == 1;
    if (drop[i] && input[i] != 1) Fail(ErrorKind::kUnusable, "squeezes a dimension that is not 1");
    if (!drop[i]) shape.push_back(input[i]);
  }
  onnx.SetOutput(0, onnx.EmitReshape(onnx.Input(0), std::move(shape)));
}

void ReadUnsqueeze(OnnxNode& onnx) {
  const Shape& input = onnx.InputTensor(0).shape;
  const std::vector<int64_t> axes = ReadAxes(onnx);
  std::vector<bool> added(input.size() + axes.size(), false);
  for (int64_t axis : axes) added[static_cast<size_t>(NormalizeAxis(axis, added.size()))] = true;
  if (std::count(added.begin(), added.end(), true) != static_cast<std::ptrdiff_t>(axes.size())) {
    Fail(ErrorKind::kUnusable, "an axis is given twice");
  }
  Shape shape;
  size_t next = 0;
  for (bool is_added : added) shape.push_back(is_added ? 1 : input[next++]);
  onnx.SetOutput(0, onnx.EmitReshape(onnx.Input(0), std::move(shape)));
}

void ReadTranspose(OnnxNode& onnx) {
  const std::vector<int64_t> given = onnx.Ints("perm");
  const size_t rank = onnx.InputTensor(0).rank();
  std::vector<int> perm;
  for (const int64_t axis : given) perm.push_back(NormalizeAxis(axis, rank));
  for (auto axis = static_cast<int>(rank); given.empty() && axis-- > 0;) perm.push_back(axis);
  onnx.SetOutput(0, onnx.EmitTranspose(onnx.Input(0), std::move(perm)));
}

constexpr OnnxSpelling kReshapeOnnx[] = {{"Reshape", 5, ReadReshape},
                                         {"Flatten", 1, ReadFlatten},
                                         {"Squeeze", 1, ReadSqueeze},
                                         {"Unsqueeze", 1, ReadUnsqueeze}};
constexpr OnnxSpelling kTransposeOnnx[] = {{"Transpose", 1, ReadTranspose}};

void WriteReshape(TfliteWriteContext& context) {
  const Shape& shape = context.node().As<Reshape>()->shape;
  auto& builder = *static_cast<flatbuffers::FlatBufferBuilder*>(context.builder());
  const std::vector<int32_t> dims(shape.begin(), shape.end());
  const auto vector = builder.CreateVector(dims);
  context.SetOptions(tflite::BuiltinOptions_ReshapeOptions,
                     tflite::CreateReshapeOptions(builder, vector).o);
  context.InsertConstant(1, {static_cast<int64_t>(shape.size())}, shape);
}

/// The file states the output's shape; the operand that also does is not needed.
Operator ReadTfliteReshape(TfliteReadContext& context) {
  if (context.HasInput(1)) context.TakeInts(1);
  return Reshape{context.Output(0).shape};
}

int TransposeVersion(const TfliteWriteContext& context) {
  if (context.Input(0).rank() > 5) return 6;
  if (context.Input(0).type == ElementType::kInt16) return 5;
  if (context.Input(0).rank() > 4) return 4;
  return Int8Version2(context);
}

void WriteTranspose(TfliteWriteContext& context) {
  WriteEmptyOptions<tflite::BuiltinOptions_TransposeOptions, tflite::CreateTransposeOptions>(
      context);
  const std::vector<int>& perm = context.node().As<Transpose>()->perm;
  context.InsertConstant(1, {static_cast<int64_t>(perm.size())}, {perm.begin(), perm.end()});
}

Operator ReadTfliteTranspose(TfliteReadContext& context) {
  Transpose transpose;
  for (const int64_t axis : context.TakeInts(1)) {
    transpose.perm.push_back(NormalizeAxis(axis, context.Input(0).rank()));
  }
  return transpose;
}

/// Holds where the last axis stays what it is.
bool IsReshapeHomogeneous(const Node& node, const Tensor& input) {
  const Shape& shape = node.As<Reshape>()->shape;
  return !shape.empty() && input.rank() > 0 && shape.back() == input.shape.back();
}

bool IsTransposeHomogeneous(const Node& node, const Tensor&) {
  const std::vector<int>& perm = node.As<Transpose>()->perm;
  return !perm.empty() && perm.back() + 1 == static_cast<int>(perm.size());
}

constexpr TfliteForm kReshapeForms[] = {
    {.code = tflite::BuiltinOperator_SQUEEZE, .read = ReadTfliteReshape},
    {.code = tflite::BuiltinOperator_EXPAND_DIMS, .read = ReadTfliteReshape}};

}  // namespace

constinit const Op kReshape = {.name = Reshape::kName,
                               .onnx = kReshapeOnnx,
                               .infer = InferReshape,
                               .evaluate = EvaluateReshape,
                               .backward = UnaryBackward<SameSlope>,
                               .quant = MovementRule(),
                               .reference_int8 = EvaluateReshape,
                               .reference_int16 = EvaluateReshape,
                               .shares_bytes = true,
                               .homogeneous = IsReshapeHomogeneous,
                               .tflite = {.code = tflite::BuiltinOperator_RESHAPE,
                                          .runtimes = "1.5.0",
                                          .write = WriteReshape,
                                          .read = ReadTfliteReshape},
                               .other_tflite = kReshapeForms};

constinit const Op kTranspose = {.name = Transpose::kName,
                                 .onnx = kTransposeOnnx,
                                 .infer = InferTranspose,
                                 .evaluate = EvaluateCopies<CopyTranspose>,
                                 .backward = MovementBackward,
                                 .quant = MovementRule(),
                                 .reference_int8 = EvaluateCopies<CopyTranspose>,
                                 .reference_int16 = EvaluateCopies<CopyTranspose>,
                                 .prepare_float = PrepareCopies<CopyTranspose>,
                                 .prepare_int8 = PrepareCopies<CopyTranspose>,
                                 .prepare_int16 = PrepareCopies<CopyTranspose>,
                                 .homogeneous = IsTransposeHomogeneous,
                                 .tflite = {.code = tflite::BuiltinOperator_TRANSPOSE,
                                            .runtimes = "1.6.0 1.14.0 1.15.0 2.3.0 2.4.0 2.12.0",
                                            .version = TransposeVersion,
                                            .write = WriteTranspose,
                                            .read = ReadTfliteTranspose}};

}  // namespace qconvert
