// PAD, PADV2 and MIRROR_PAD.
#include "lib/kernels/pad.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "tflite_generated.h"
#include <flatbuffers/flatbuffers.h>

#include "lib/base/error.h"
#include "lib/ops/elementwise.h"
#include "lib/ops/gradients.h"
#include "lib/ops/records.h"

namespace qconvert {
namespace {

constexpr int64_t kMostPad = int64_t{1} << 32;

void InferPadded(const Tensor& input, const std::vector<int64_t>& before,
                 const std::vector<int64_t>& after, Tensor& output) {
  if (before.size() != input.rank() || after.size() != input.rank()) {
    Fail(ErrorKind::kUnusable, "pads do not fit shape " + ToText(input.shape));
  }
  output.type = input.type;
  output.shape = input.shape;
  for (size_t i = 0; i < input.rank(); ++i) {
    if (before[i] < 0 || after[i] < 0 || before[i] > kMostPad || after[i] > kMostPad) {
      Fail(ErrorKind::kUnusable, "a negative or absurd pad");
    }
    output.shape[i] += before[i] + after[i];
  }
}

void InferPad(const Node& node, std::span<const Tensor* const> inputs, std::span<Tensor> outputs) {
  const Pad& pad = *node.As<Pad>();
  InferPadded(RequireInput(inputs, 0), pad.before, pad.after, outputs[0]);
}

void EvaluatePad(const Node& node, TensorViews inputs, TensorViews outputs) {
  const Pad& pad = *node.As<Pad>();
  CopyPadded(pad, PadElementOf(*outputs[0].tensor, pad.value), inputs[0], outputs[0], Copier());
}

void InferMirrorPad(const Node& node, std::span<const Tensor* const> inputs,
                    std::span<Tensor> outputs) {
  const MirrorPad& pad = *node.As<MirrorPad>();
  const Tensor& input = RequireInput(inputs, 0);
  InferPadded(input, pad.before, pad.after, outputs[0]);
  for (size_t i = 0; i < input.rank(); ++i) {
    const int64_t most = input.shape[i] - (pad.symmetric ? 0 : 1);
    if (pad.before[i] > most || pad.after[i] > most) {
      Fail(ErrorKind::kUnusable, "mirrors more than there is: shape " + ToText(input.shape));
    }
  }
}

int64_t MirrorIndex(int64_t i, int64_t size, bool symmetric) {
  if (i < 0) return symmetric ? -i - 1 : -i;
  if (i >= size) return symmetric ? 2 * size - 1 - i : 2 * size - 2 - i;
  return i;
}

void EvaluateMirrorPad(const Node& node, TensorViews inputs, TensorViews outputs) {
  const MirrorPad& pad = *node.As<MirrorPad>();
  const Shape& from = inputs[0].shape();
  const Shape& to = outputs[0].shape();
  const std::vector<int64_t> strides = RowMajorStrides(from), to_strides = RowMajorStrides(to);
  const size_t bytes = ElementBytes(inputs[0].type());
  for (int64_t i = 0; i < outputs[0].elements(); ++i) {
    int64_t source = 0;
    for (size_t axis = 0; axis < to.size(); ++axis) {
      const int64_t index = i / to_strides[axis] % to[axis] - pad.before[axis];
      source += MirrorIndex(index, from[axis], pad.symmetric) * strides[axis];
    }
    std::memcpy(outputs[0].bytes + static_cast<size_t>(i) * bytes,
                inputs[0].bytes + static_cast<size_t>(source) * bytes, bytes);
  }
}

struct Pads {
  std::vector<int64_t> before, after;
};

/// Reads pads (an attribute before opset 11, then an operand; opset 18 adds axes).
Pads ReadPads(const OnnxNode& onnx) {
  const size_t rank = onnx.InputTensor(0).rank();
  const std::vector<int64_t> pads = onnx.HasInput(1) ? onnx.ConstantInts(1) : onnx.Ints("pads");
  std::vector<int64_t> axes;
  if (onnx.HasInput(3)) axes = onnx.ConstantInts(3);
  for (size_t i = 0; axes.size() < rank && !onnx.HasInput(3); ++i) {
    axes.push_back(static_cast<int64_t>(i));
  }
  if (pads.size() != 2 * axes.size()) Fail(ErrorKind::kUnusable, "pads do not fit the operand");
  Pads result{std::vector<int64_t>(rank, 0), std::vector<int64_t>(rank, 0)};
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<size_t>(NormalizeAxis(axes[i], rank));
    result.before[axis] = pads[i];
    result.after[axis] = pads[axes.size() + i];
    const bool absurd = std::min(result.before[axis], result.after[axis]) < -kMostPad;
    if (absurd) Fail(ErrorKind::kUnusable, "an absurd pad");
  }
  return result;
}

float ReadPadValue(const OnnxNode& onnx) {
  if (!onnx.HasInput(2)) return onnx.Float("value", 0);
  const Tensor& value = onnx.InputTensor(2);
  if (value.elements() != 1) Fail(ErrorKind::kUnusable, "its value is not one element");
  if (value.is_float()) return onnx.ConstantFloats(2)[0];
  if (value.type != ElementType::kInt32 && value.type != ElementType::kInt64) {
    onnx.Refuse("it pads " + std::string(ElementTypeName(value.type)) + " tensors with a value");
  }
  return static_cast<float>(onnx.ConstantInts(2)[0]);
}

/// Negative pads cut; returns the operand without what they cut, and makes them 0.
TensorId Crop(OnnxNode& onnx, Pads& pads) {
  const Shape shape = onnx.InputTensor(0).shape;
  StridedSlice slice;
  for (size_t i = 0; i < shape.size(); ++i) {
    const int64_t begin = std::max<int64_t>(-pads.before[i], 0);
    slice.begin.push_back(begin);
    slice.stride.push_back(1);
    slice.size.push_back(shape[i] - begin - std::max<int64_t>(-pads.after[i], 0));
    pads.before[i] = std::max<int64_t>(pads.before[i], 0);
    pads.after[i] = std::max<int64_t>(pads.after[i], 0);
  }
  return slice.size == shape ? onnx.Input(0) : onnx.Emit(std::move(slice), {onnx.Input(0)});
}

/// Returns which element of an axis stands at place i, counted from its first, beyond its ends.
int64_t Beyond(const std::string& mode, int64_t i, int64_t size) {
  if (mode == "edge") return std::clamp<int64_t>(i, 0, size - 1);
  const auto around = [i](int64_t period) { return (i % period + period) % period; };
  if (mode == "wrap") return around(size);
  if (size == 1) return 0;
  const int64_t place = around(2 * (size - 1));
  return std::min(place, 2 * (size - 1) - place);
}

/// Pads axis by axis with elements of the operand.
TensorId EmitRepeated(OnnxNode& onnx, TensorId x, const std::string& mode, const Pads& pads) {
  const Shape shape = onnx.tensor(x).shape;
  if (NumElements(shape) == 0) Fail(ErrorKind::kUnusable, "an operand without elements");
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (pads.before[axis] == 0 && pads.after[axis] == 0) continue;
    std::vector<int32_t> places;
    for (int64_t i = -pads.before[axis]; i < shape[axis] + pads.after[axis]; ++i) {
      places.push_back(static_cast<int32_t>(Beyond(mode, i, shape[axis])));
    }
    const auto count = static_cast<int64_t>(places.size());
    const TensorId indices =
        onnx.AddConstant(MakeConstantTensor(onnx.name() + "_places", {count}, std::move(places)));
    x = onnx.Emit(Gather{static_cast<int>(axis)}, {x, indices});
  }
  return x;
}

/// MIRROR_PAD mirrors each end once.
bool MirrorsOnce(const Shape& shape, const Pads& pads) {
  for (size_t i = 0; i < shape.size(); ++i) {
    if (std::max(pads.before[i], pads.after[i]) >= shape[i]) return false;
  }
  return true;
}

void ReadPad(OnnxNode& onnx) {
  const std::string mode = onnx.String("mode", "constant");
  Pads pads = ReadPads(onnx);
  for (size_t i = 0; i < pads.before.size(); ++i) {
    constexpr int64_t kMost = 1 << 24;
    if (pads.before[i] > kMost || pads.after[i] > kMost)
      Fail(ErrorKind::kUnusable, "an absurd pad");
  }
  const TensorId input = Crop(onnx, pads);
  if (mode == "constant") {
    onnx.EmitOutput(Pad{pads.before, pads.after, ReadPadValue(onnx)}, {input});
  } else if (mode == "reflect" && MirrorsOnce(onnx.tensor(input).shape, pads)) {
    onnx.EmitOutput(MirrorPad{pads.before, pads.after, false}, {input});
  } else if (mode == "edge" || mode == "wrap" || mode == "reflect") {
    onnx.SetOutput(0, EmitRepeated(onnx, input, mode, pads));
  } else {
    Fail(ErrorKind::kUnusable, "mode '" + mode + "'");
  }
}

constexpr OnnxSpelling kPadOnnx[] = {{"Pad", 1, ReadPad}};

void InsertPaddings(TfliteWriteContext& context, const std::vector<int64_t>& before,
                    const std::vector<int64_t>& after) {
  std::vector<int64_t> paddings;
  for (size_t i = 0; i < before.size(); ++i) {
    paddings.push_back(before[i]);
    paddings.push_back(after[i]);
  }
  context.InsertConstant(1, {static_cast<int64_t>(before.size()), 2}, paddings);
}

Pads TakePaddings(TfliteReadContext& context) {
  const std::vector<int64_t> paddings = context.TakeInts(1);
  Pads pads;
  for (size_t i = 0; i + 1 < paddings.size(); i += 2) {
    pads.before.push_back(paddings[i]);
    pads.after.push_back(paddings[i + 1]);
  }
  return pads;
}

int PadVersion(const TfliteWriteContext& context) {
  return context.Input(0).rank() > 4 ? 4 : VersionOfWidth(context);
}

bool PadsWithValue(const TfliteWriteContext& context) {
  return context.node().As<Pad>()->value != 0;
}

void WritePad(TfliteWriteContext& context) {
  const Pad& pad = *context.node().As<Pad>();
  WriteEmptyOptions<tflite::BuiltinOptions_PadOptions, tflite::CreatePadOptions>(context);
  InsertPaddings(context, pad.before, pad.after);
}

void WritePadV2(TfliteWriteContext& context) {
  const Pad& pad = *context.node().As<Pad>();
  WriteEmptyOptions<tflite::BuiltinOptions_PadV2Options, tflite::CreatePadV2Options>(context);
  InsertPaddings(context, pad.before, pad.after);
  context.InsertRealConstant(2, pad.value);
}

Operator ReadTflitePad(TfliteReadContext& context) {
  Pads pads = TakePaddings(context);
  const float value = context.HasInput(2) ? context.TakeReal(2) : 0;
  return Pad{std::move(pads.before), std::move(pads.after), value};
}

void WriteMirrorPad(TfliteWriteContext& context) {
  const MirrorPad& pad = *context.node().As<MirrorPad>();
  auto& builder = *static_cast<flatbuffers::FlatBufferBuilder*>(context.builder());
  const auto mode = pad.symmetric ? tflite::MirrorPadMode_SYMMETRIC : tflite::MirrorPadMode_REFLECT;
  context.SetOptions(tflite::BuiltinOptions_MirrorPadOptions,
                     tflite::CreateMirrorPadOptions(builder, mode).o);
  InsertPaddings(context, pad.before, pad.after);
}

Operator ReadTfliteMirrorPad(TfliteReadContext& context) {
  Pads pads = TakePaddings(context);
  const auto* options = static_cast<const tflite::MirrorPadOptions*>(
      context.Options(tflite::BuiltinOptions_MirrorPadOptions));
  const bool symmetric = options != nullptr && options->mode() == tflite::MirrorPadMode_SYMMETRIC;
  return MirrorPad{std::move(pads.before), std::move(pads.after), symmetric};
}

bool IsPadHomogeneous(const Node& node, const Tensor&) {
  const Pad& pad = *node.As<Pad>();
  return pad.value == 0 && !pad.before.empty() && pad.before.back() == 0 && pad.after.back() == 0;
}

bool IsMirrorPadHomogeneous(const Node& node, const Tensor&) {
  const MirrorPad& pad = *node.As<MirrorPad>();
  return !pad.before.empty() && pad.before.back() == 0 && pad.after.back() == 0;
}

constexpr TfliteForm kPadForms[] = {{.code = tflite::BuiltinOperator_PADV2,
                                     .runtimes = "1.9.0 1.14.0 2.4.0 2.6.0",
                                     .version = PadVersion,
                                     .write = WritePadV2,
                                     .read = ReadTflitePad,
                                     .when = PadsWithValue}};

}  // namespace

constinit const Op kPad = {.name = Pad::kName,
                           .onnx = kPadOnnx,
                           .infer = InferPad,
                           .evaluate = EvaluatePad,
                           .backward = PadBackward,
                           .quant = MovementRule(),
                           .reference_int8 = EvaluatePad,
                           .reference_int16 = EvaluatePad,
                           .prepare_float = PreparePad,
                           .prepare_int8 = PreparePad,
                           .axes = RenumberedAxes(ReorderMembers<Pad, &Pad::before, &Pad::after>),
                           .homogeneous = IsPadHomogeneous,
                           .tflite = {.code = tflite::BuiltinOperator_PAD,
                                      .runtimes = "1.5.0 1.14.0 2.4.0 2.6.0",
                                      .version = PadVersion,
                                      .write = WritePad,
                                      .read = ReadTflitePad},
                           .other_tflite = kPadForms};

constinit const Op kMirrorPad = {
    .name = MirrorPad::kName,
    .infer = InferMirrorPad,
    .evaluate = EvaluateMirrorPad,
    .backward = MovementBackward,
    .quant = MovementRule(),
    .reference_int8 = EvaluateMirrorPad,
    .reference_int16 = EvaluateMirrorPad,
    .axes = RenumberedAxes(ReorderMembers<MirrorPad, &MirrorPad::before, &MirrorPad::after>),
    .homogeneous = IsMirrorPadHomogeneous,
    .tflite = {.code = tflite::BuiltinOperator_MIRROR_PAD,
               .runtimes = "1.13.1 2.3.0 2.12.0",
               .version = VersionOfWidth,
               .write = WriteMirrorPad,
               .read = ReadTfliteMirrorPad}};

}  // namespace qconvert
