// SPACE_TO_DEPTH and DEPTH_TO_SPACE.
#include "tflite_generated.h"
#include <flatbuffers/flatbuffers.h>

#include "lib/base/error.h"
#include "lib/kernels/copy_kernel.h"
#include "lib/ops/elementwise.h"
#include "lib/ops/gradients.h"
#include "lib/ops/records.h"

namespace qconvert {
namespace {

[[noreturn]] void FailBlock(const Shape& shape, int64_t block) {
  Fail(ErrorKind::kUnusable,
       "block " + std::to_string(block) + " does not divide shape " + ToText(shape));
}

void InferSpaceToDepth(const Node& node, std::span<const Tensor* const> inputs,
                       std::span<Tensor> outputs) {
  const Tensor& input = RequireInput(inputs, 0);
  const int64_t block = node.As<SpaceToDepth>()->block;
  const Shape& s = input.shape;
  if (block < 1 || s.size() != 4 || s[1] % block != 0 || s[2] % block != 0) FailBlock(s, block);
  outputs[0].type = input.type;
  outputs[0].shape = {s[0], s[1] / block, s[2] / block, s[3] * block * block};
}

void InferDepthToSpace(const Node& node, std::span<const Tensor* const> inputs,
                       std::span<Tensor> outputs) {
  const Tensor& input = RequireInput(inputs, 0);
  const int64_t block = node.As<DepthToSpace>()->block;
  const Shape& s = input.shape;
  if (block < 1 || block > 4096 || s.size() != 4 || s[3] % (block * block) != 0) {
    FailBlock(s, block);
  }
  outputs[0].type = input.type;
  outputs[0].shape = {s[0], s[1] * block, s[2] * block, s[3] / (block * block)};
}

/// The two places of the same elements: [N,H,b,W,b,C] in space, [N,H,W,b,b,C] in depth.
struct BlockPlaces {
  Shape block_shape;
  StridedPlace space, depth;
};

BlockPlaces PlacesOf(const TensorView& space, const TensorView& depth, int64_t block) {
  const Shape& s = depth.shape();
  const int64_t height = s[1], width = s[2], channels = space.shape()[3];
  BlockPlaces places;
  places.block_shape = {s[0], height, block, width, block, channels};
  const int64_t row = width * block * channels;
  places.space = {
      space.bytes, 0, {height * block * row, block * row, row, block * channels, channels, 1}};
  const int64_t cell = block * block * channels;
  places.depth = {
      depth.bytes, 0, {height * width * cell, width * cell, block * channels, cell, channels, 1}};
  return places;
}

void CopySpaceToDepth(const Node& node, TensorViews inputs, TensorViews outputs,
                      const Copier& copier) {
  const BlockPlaces places = PlacesOf(inputs[0], outputs[0], node.As<SpaceToDepth>()->block);
  copier.Copy(places.block_shape, ElementBytes(inputs[0].type()), places.space, places.depth);
}

void CopyDepthToSpace(const Node& node, TensorViews inputs, TensorViews outputs,
                      const Copier& copier) {
  const BlockPlaces places = PlacesOf(outputs[0], inputs[0], node.As<DepthToSpace>()->block);
  copier.Copy(places.block_shape, ElementBytes(inputs[0].type()), places.depth, places.space);
}

constexpr int64_t kLargestBlock = 4096;

/// Returns blocksize, or 0 when no block can be that large.
int64_t ReadBlock(const OnnxNode& onnx) {
  const int64_t block = onnx.Int("blocksize", 1);
  return block > kLargestBlock ? 0 : block;
}

bool IsCrd(const OnnxNode& onnx) {
  const std::string mode = onnx.String("mode", "DCR");
  if (mode != "DCR" && mode != "CRD") Fail(ErrorKind::kUnusable, "mode '" + mode + "'");
  return mode == "CRD";
}

/// ONNX's CRD order keeps each channel's block together; TFLite has only DCR.
void ReadSpaceToDepth(OnnxNode& onnx) {
  const int64_t block = ReadBlock(onnx);
  if (!IsCrd(onnx)) {
    const TensorId nhwc = onnx.ToNhwc(onnx.Input(0));
    onnx.SetOutput(0, onnx.ToNchw(onnx.Emit(SpaceToDepth{static_cast<int>(block)}, {nhwc})));
    return;
  }
  const Shape s = onnx.InputTensor(0).shape;
  if (s.size() != 4 || block < 1 || s[2] % block != 0 || s[3] % block != 0) FailBlock(s, block);
  const int64_t height = s[2] / block, width = s[3] / block;
  const TensorId split = onnx.EmitReshape(onnx.Input(0), {s[0], s[1], height, block, width, block});
  const TensorId moved = onnx.EmitTranspose(split, {0, 1, 3, 5, 2, 4});
  onnx.SetOutput(0, onnx.EmitReshape(moved, {s[0], s[1] * block * block, height, width}));
}

void ReadDepthToSpace(OnnxNode& onnx) {
  const int64_t block = ReadBlock(onnx);
  if (!IsCrd(onnx)) {
    const TensorId nhwc = onnx.ToNhwc(onnx.Input(0));
    onnx.SetOutput(0, onnx.ToNchw(onnx.Emit(DepthToSpace{static_cast<int>(block)}, {nhwc})));
    return;
  }
  const Shape s = onnx.InputTensor(0).shape;
  if (s.size() != 4 || block < 1 || s[1] % (block * block) != 0) FailBlock(s, block);
  const int64_t channels = s[1] / (block * block);
  const TensorId split =
      onnx.EmitReshape(onnx.Input(0), {s[0], channels, block, block, s[2], s[3]});
  const TensorId moved = onnx.EmitTranspose(split, {0, 1, 4, 2, 5, 3});
  onnx.SetOutput(0, onnx.EmitReshape(moved, {s[0], channels, s[2] * block, s[3] * block}));
}

constexpr OnnxSpelling kSpaceToDepthOnnx[] = {{"SpaceToDepth", 1, ReadSpaceToDepth}};
constexpr OnnxSpelling kDepthToSpaceOnnx[] = {{"DepthToSpace", 1, ReadDepthToSpace}};

void WriteSpaceToDepth(TfliteWriteContext& context) {
  auto& builder = *static_cast<flatbuffers::FlatBufferBuilder*>(context.builder());
  const int block = context.node().As<SpaceToDepth>()->block;
  context.SetOptions(tflite::BuiltinOptions_SpaceToDepthOptions,
                     tflite::CreateSpaceToDepthOptions(builder, block).o);
}

void WriteDepthToSpace(TfliteWriteContext& context) {
  auto& builder = *static_cast<flatbuffers::FlatBufferBuilder*>(context.builder());
  const int block = context.node().As<DepthToSpace>()->block;
  context.SetOptions(tflite::BuiltinOptions_DepthToSpaceOptions,
                     tflite::CreateDepthToSpaceOptions(builder, block).o);
}

Operator ReadTfliteSpaceToDepth(TfliteReadContext& context) {
  const auto* options = static_cast<const tflite::SpaceToDepthOptions*>(
      context.Options(tflite::BuiltinOptions_SpaceToDepthOptions));
  return SpaceToDepth{options == nullptr ? 0 : options->block_size()};
}

Operator ReadTfliteDepthToSpace(TfliteReadContext& context) {
  const auto* options = static_cast<const tflite::DepthToSpaceOptions*>(
      context.Options(tflite::BuiltinOptions_DepthToSpaceOptions));
  return DepthToSpace{options == nullptr ? 0 : options->block_size()};
}

constexpr ElementType kNoBlocks[] = {ElementType::kBool};

}  // namespace

constinit const Op kSpaceToDepth = {.name = SpaceToDepth::kName,
                                    .onnx = kSpaceToDepthOnnx,
                                    .infer = InferSpaceToDepth,
                                    .evaluate = EvaluateCopies<CopySpaceToDepth>,
                                    .backward = MovementBackward,
                                    .quant = MovementRule(),
                                    .reference_int8 = EvaluateCopies<CopySpaceToDepth>,
                                    .prepare_float = PrepareCopies<CopySpaceToDepth>,
                                    .prepare_int8 = PrepareCopies<CopySpaceToDepth>,
                                    .tflite = {.code = tflite::BuiltinOperator_SPACE_TO_DEPTH,
                                               .runtimes = "1.5.0 1.14.0",
                                               .version = Int8Version2,
                                               .write = WriteSpaceToDepth,
                                               .read = ReadTfliteSpaceToDepth,
                                               .lacks = kNoBlocks}};

constinit const Op kDepthToSpace = {.name = DepthToSpace::kName,
                                    .onnx = kDepthToSpaceOnnx,
                                    .infer = InferDepthToSpace,
                                    .evaluate = EvaluateCopies<CopyDepthToSpace>,
                                    .backward = MovementBackward,
                                    .quant = MovementRule(),
                                    .reference_int8 = EvaluateCopies<CopyDepthToSpace>,
                                    .prepare_float = PrepareCopies<CopyDepthToSpace>,
                                    .prepare_int8 = PrepareCopies<CopyDepthToSpace>,
                                    .tflite = {.code = tflite::BuiltinOperator_DEPTH_TO_SPACE,
                                               .runtimes = "2.1.0 2.5.0",
                                               .version = Int8Version2,
                                               .write = WriteDepthToSpace,
                                               .read = ReadTfliteDepthToSpace,
                                               .lacks = kNoBlocks}};

}  // namespace qconvert
