// TILE and BROADCAST_TO, and ONNX's Expand.
#include "tflite_generated.h"
#include <flatbuffers/flatbuffers.h>

#include "lib/base/error.h"
#include "lib/kernels/copy_kernel.h"
#include "lib/ops/elementwise.h"
#include "lib/ops/gradients.h"
#include "lib/ops/records.h"

namespace qconvert {
namespace {

void InferTile(const Node& node, std::span<const Tensor* const> inputs, std::span<Tensor> outputs) {
  const Tensor& input = RequireInput(inputs, 0);
  const std::vector<int64_t>& multiples = node.As<Tile>()->multiples;
  if (multiples.size() != input.rank()) {
    Fail(ErrorKind::kUnusable, "repeats do not fit shape " + ToText(input.shape));
  }
  outputs[0].type = input.type;
  outputs[0].shape = input.shape;
  for (size_t i = 0; i < multiples.size(); ++i) {
    if (multiples[i] < 0 || multiples[i] > (int64_t{1} << 32)) {
      Fail(ErrorKind::kUnusable, "a negative or absurd repeat");
    }
    outputs[0].shape[i] *= multiples[i];
  }
}

/// Each axis becomes two: which repetition (distance 0 in the input), and the place in it.
void CopyTile(const Node& node, TensorViews inputs, TensorViews outputs, const Copier& copier) {
  const Shape& shape = inputs[0].shape();
  const AxisNumbers in = Dense(inputs[0]).strides, out = Dense(outputs[0]).strides;
  AxisNumbers block;
  StridedPlace from{inputs[0].bytes, 0, {}}, to{outputs[0].bytes, 0, {}};
  for (size_t i = 0; i < shape.size(); ++i) {
    block.Append(AxisNumbers{node.As<Tile>()->multiples[i], shape[i]});
    from.strides.Append(AxisNumbers{0, in[i]});
    to.strides.Append(AxisNumbers{shape[i] * out[i], out[i]});
  }
  copier.Copy(block, ElementBytes(inputs[0].type()), from, to);
}

void InferBroadcastTo(const Node& node, std::span<const Tensor* const> inputs,
                      std::span<Tensor> outputs) {
  const Tensor& input = RequireInput(inputs, 0);
  const Shape& shape = node.As<BroadcastTo>()->shape;
  if (BroadcastShapes(input.shape, shape) != shape) {
    Fail(ErrorKind::kUnusable,
         "shape " + ToText(input.shape) + " does not broadcast to " + ToText(shape));
  }
  outputs[0].type = input.type;
  outputs[0].shape = shape;
}

void CopyBroadcastTo(const Node&, TensorViews inputs, TensorViews outputs, const Copier& copier) {
  const Shape& shape = inputs[0].shape();
  const AxisNumbers strides = Dense(inputs[0]).strides;
  const size_t added = outputs[0].shape().size() - shape.size();
  StridedPlace from{inputs[0].bytes, 0, {}};
  for (size_t i = 0; i < added; ++i) from.strides.push_back(0);
  for (size_t i = 0; i < shape.size(); ++i) from.strides.push_back(shape[i] == 1 ? 0 : strides[i]);
  copier.Copy(outputs[0].shape(), ElementBytes(inputs[0].type()), from, Dense(outputs[0]));
}

void ReadTile(OnnxNode& onnx) { onnx.EmitOutput(Tile{onnx.ConstantInts(1)}, {onnx.Input(0)}); }

void ReadExpand(OnnxNode& onnx) {
  const Shape& input = onnx.InputTensor(0).shape;
  Shape shape = BroadcastShapes(input, onnx.ConstantInts(1));
  if (shape == input) return onnx.SetOutput(0, onnx.Input(0));
  onnx.EmitOutput(BroadcastTo{std::move(shape)}, {onnx.Input(0)});
}

constexpr OnnxSpelling kTileOnnx[] = {{"Tile", 6, ReadTile}};
constexpr OnnxSpelling kBroadcastOnnx[] = {{"Expand", 8, ReadExpand}};

int Version3ForInt8(const TfliteWriteContext& context) {
  return context.Input(0).quant.has_value() ? 3 : 2;
}
int TileVersion(const TfliteWriteContext& context) {
  return context.Input(0).quant.has_value() ? 3 : 1;
}

void WriteTile(TfliteWriteContext& context) {
  const std::vector<int64_t>& multiples = context.node().As<Tile>()->multiples;
  WriteEmptyOptions<tflite::BuiltinOptions_TileOptions, tflite::CreateTileOptions>(context);
  context.InsertConstant(1, {static_cast<int64_t>(multiples.size())}, multiples);
}

void WriteBroadcastTo(TfliteWriteContext& context) {
  const Shape& shape = context.node().As<BroadcastTo>()->shape;
  WriteEmptyOptions<tflite::BuiltinOptions_BroadcastToOptions, tflite::CreateBroadcastToOptions>(
      context);
  context.InsertConstant(1, {static_cast<int64_t>(shape.size())}, shape);
}

Operator ReadTfliteTile(TfliteReadContext& context) { return Tile{context.TakeInts(1)}; }
Operator ReadTfliteBroadcastTo(TfliteReadContext& context) {
  return BroadcastTo{context.TakeInts(1)};
}

}  // namespace

constinit const Op kTile = {.name = Tile::kName,
                            .onnx = kTileOnnx,
                            .infer = InferTile,
                            .evaluate = EvaluateCopies<CopyTile>,
                            .backward = MovementBackward,
                            .quant = MovementRule(),
                            .reference_int8 = EvaluateCopies<CopyTile>,
                            .reference_int16 = EvaluateCopies<CopyTile>,
                            .prepare_float = PrepareCopies<CopyTile>,
                            .prepare_int8 = PrepareCopies<CopyTile>,
                            .prepare_int16 = PrepareCopies<CopyTile>,
                            .axes = RenumberedAxes(ReorderMembers<Tile, &Tile::multiples>),
                            .tflite = {.code = tflite::BuiltinOperator_TILE,
                                       .runtimes = "1.10.1 2.2.0 2.8.0",
                                       .version = TileVersion,
                                       .write = WriteTile,
                                       .read = ReadTfliteTile}};

constinit const Op kBroadcastTo = {
    .name = BroadcastTo::kName,
    .onnx = kBroadcastOnnx,
    .infer = InferBroadcastTo,
    .evaluate = EvaluateCopies<CopyBroadcastTo>,
    .backward = MovementBackward,
    .quant = MovementRule(),
    .reference_int8 = EvaluateCopies<CopyBroadcastTo>,
    .reference_int16 = EvaluateCopies<CopyBroadcastTo>,
    .prepare_float = PrepareCopies<CopyBroadcastTo>,
    .prepare_int8 = PrepareCopies<CopyBroadcastTo>,
    .prepare_int16 = PrepareCopies<CopyBroadcastTo>,
    .axes = {.kind = AxesRule::kRenumbered,
             .renumber = ReorderMembers<BroadcastTo, &BroadcastTo::shape>,
             .counts_result = true},
    .tflite = {.code = tflite::BuiltinOperator_BROADCAST_TO,
               .runtimes = "2.5.0 2.5.0 2.5.0",
               .version = Version3ForInt8,
               .write = WriteBroadcastTo,
               .read = ReadTfliteBroadcastTo}};

}  // namespace qconvert
