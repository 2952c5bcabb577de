// STRIDED_SLICE and SPLIT, and ONNX's Slice and Split.
#include <algorithm>
#include <limits>
#include <numeric>

#include "tflite_generated.h"
#include <flatbuffers/flatbuffers.h>

#include "lib/base/error.h"
#include "lib/kernels/copy_kernel.h"
#include "lib/ops/elementwise.h"
#include "lib/ops/gradients.h"
#include "lib/ops/records.h"
#include "lib/ops/rest_of_axis.h"

namespace qconvert {
namespace {

void InferSlice(const Node& node, std::span<const Tensor* const> inputs,
                std::span<Tensor> outputs) {
  const StridedSlice& slice = *node.As<StridedSlice>();
  const Tensor& input = RequireInput(inputs, 0);
  const size_t rank = input.rank();
  if (slice.begin.size() != rank || slice.stride.size() != rank || slice.size.size() != rank) {
    Fail(ErrorKind::kUnusable, "the slice does not fit shape " + ToText(input.shape));
  }
  Shape sizes = slice.size;
  const bool to_the_end = rank > 0 && sizes[0] == kRestOfAxis && slice.stride[0] == 1;
  if (to_the_end) sizes[0] = input.shape[0] - slice.begin[0];
  for (size_t i = 0; i < rank; ++i) {
    const int64_t dim = input.shape[i], size = sizes[i], stride = slice.stride[i];
    const bool sane =
        size >= 0 && size <= dim && stride != 0 && stride >= -dim - 1 && stride <= dim + 1;
    const auto holds = [&](int64_t place) { return place >= 0 && place < dim; };
    const bool inside =
        size == 0 || (sane && holds(slice.begin[i]) && holds(slice.begin[i] + (size - 1) * stride));
    if (!sane || !inside) {
      Fail(ErrorKind::kUnusable, "the slice leaves shape " + ToText(input.shape));
    }
  }
  outputs[0].type = input.type;
  outputs[0].shape = std::move(sizes);
}

void CopySlice(const Node& node, TensorViews inputs, TensorViews outputs, const Copier& copier) {
  const StridedSlice& slice = *node.As<StridedSlice>();
  StridedPlace from = Dense(inputs[0]);
  for (size_t i = 0; i < slice.begin.size(); ++i) {
    from.offset += slice.begin[i] * from.strides[i];
    from.strides[i] *= slice.stride[i];
  }
  copier.Copy(slice.size, ElementBytes(inputs[0].type()), from, Dense(outputs[0]));
}

void InferSplit(const Node& node, std::span<const Tensor* const> inputs,
                std::span<Tensor> outputs) {
  const Split& split = *node.As<Split>();
  const Tensor& input = RequireInput(inputs, 0);
  const auto axis = static_cast<size_t>(NormalizeAxis(split.axis, input.rank()));
  const int64_t dim = input.shape[axis];
  const bool absurd = std::any_of(split.sizes.begin(), split.sizes.end(),
                                  [&](int64_t size) { return size < 0 || size > dim; });
  if (absurd || split.sizes.size() != outputs.size() ||
      std::accumulate(split.sizes.begin(), split.sizes.end(), int64_t{0}) != dim) {
    Fail(ErrorKind::kUnusable, "its parts do not make up axis " + std::to_string(split.axis) +
                                   " of shape " + ToText(input.shape));
  }
  for (size_t k = 0; k < outputs.size(); ++k) {
    outputs[k].type = input.type;
    outputs[k].shape = input.shape;
    outputs[k].shape[axis] = split.sizes[k];
  }
}

void CopySplit(const Node& node, TensorViews inputs, TensorViews outputs, const Copier& copier) {
  const Split& split = *node.As<Split>();
  StridedPlace from = Dense(inputs[0]);
  const int64_t stride = from.strides[static_cast<size_t>(split.axis)];
  for (size_t k = 0; k < outputs.size(); ++k) {
    copier.Copy(outputs[k].shape(), ElementBytes(inputs[0].type()), from, Dense(outputs[k]));
    from.offset += split.sizes[k] * stride;
  }
}

/// Clamps one axis of ONNX's Slice to what it takes.
void SliceAxis(int64_t start, int64_t end, int64_t step, size_t axis, const Shape& shape,
               StridedSlice& slice) {
  if (step == 0) Fail(ErrorKind::kUnusable, "a step of 0");
  const int64_t dim = shape[axis];
  step = std::clamp(step, -dim - 1, dim + 1);
  const auto from_front = [dim](int64_t index) { return index < 0 ? index + dim : index; };
  start = from_front(start);
  end = from_front(std::max(end, -dim - 1));
  int64_t size = 0;
  if (step > 0) {
    start = std::clamp<int64_t>(start, 0, dim);
    end = std::clamp<int64_t>(end, 0, dim);
    size = (end - start + step - 1) / step;
  } else if (dim > 0) {
    start = std::clamp<int64_t>(start, 0, dim - 1);
    end = std::clamp<int64_t>(end, -1, dim - 1);
    size = (start - end - step - 1) / -step;
  }
  slice.begin[axis] = start;
  slice.stride[axis] = step;
  slice.size[axis] = std::max<int64_t>(size, 0);
}

/// Reads one of Slice's lists: an attribute before opset 10, then an operand.
std::vector<int64_t> SliceList(const OnnxNode& onnx, size_t input, std::string_view attribute) {
  return onnx.HasInput(input) ? onnx.ConstantInts(input) : onnx.Ints(attribute);
}

void ReadSlice(OnnxNode& onnx) {
  const Shape shape = onnx.InputTensor(0).shape;
  const std::vector<int64_t> starts = SliceList(onnx, 1, "starts");
  const std::vector<int64_t> ends = SliceList(onnx, 2, "ends");
  std::vector<int64_t> axes = SliceList(onnx, 3, "axes");
  const std::vector<int64_t> steps = SliceList(onnx, 4, "steps");
  for (size_t i = 0; axes.size() < starts.size(); ++i) axes.push_back(static_cast<int64_t>(i));
  if (ends.size() != starts.size() || axes.size() != starts.size() ||
      (!steps.empty() && steps.size() != starts.size())) {
    Fail(ErrorKind::kUnusable, "starts, ends, axes and steps differ in length");
  }
  StridedSlice slice{std::vector<int64_t>(shape.size(), 0), std::vector<int64_t>(shape.size(), 1),
                     shape};
  for (size_t i = 0; i < starts.size(); ++i) {
    const auto axis = static_cast<size_t>(NormalizeAxis(axes[i], shape.size()));
    SliceAxis(starts[i], ends[i], steps.empty() ? 1 : steps[i], axis, shape, slice);
  }
  const bool whole = slice.size == shape && std::all_of(slice.stride.begin(), slice.stride.end(),
                                                        [](int64_t stride) { return stride > 0; });
  onnx.SetOutput(0, whole ? onnx.Input(0) : onnx.Emit(std::move(slice), {onnx.Input(0)}));
}

void ReadSplit(OnnxNode& onnx) {
  const Shape shape = onnx.InputTensor(0).shape;
  const int axis = NormalizeAxis(onnx.Int("axis", 0), shape.size());
  std::vector<int64_t> sizes = onnx.HasInput(1) ? onnx.ConstantInts(1) : onnx.Ints("split");
  const auto parts = static_cast<int64_t>(onnx.output_count());
  const int64_t dim = shape[static_cast<size_t>(axis)];
  const int64_t part = (dim + parts - 1) / parts;
  for (int64_t k = 0; sizes.size() < onnx.output_count(); ++k) {
    sizes.push_back(std::clamp<int64_t>(dim - k * part, 0, part));
  }
  const TensorId first = onnx.Emit(Split{axis, sizes}, {onnx.Input(0)}, sizes.size());
  for (size_t k = 0; k < sizes.size(); ++k) {
    if (onnx.HasOutput(k)) onnx.SetOutput(k, first + static_cast<TensorId>(k));
  }
}

constexpr OnnxSpelling kSliceOnnx[] = {{"Slice", 1, ReadSlice}};
constexpr OnnxSpelling kSplitOnnx[] = {{"Split", 1, ReadSplit}};

int SliceVersion(const TfliteWriteContext& context) {
  return context.Input(0).rank() > 4 ? 4 : Int8Version2(context);
}

/// Where a backward slice runs off the front, or a slice takes what follows, the end mask says "to
/// the very end".
void WriteSlice(TfliteWriteContext& context) {
  const StridedSlice& slice = *context.node().As<StridedSlice>();
  const auto rank = static_cast<int64_t>(slice.begin.size());
  std::vector<int64_t> end;
  int end_mask = 0;
  for (size_t i = 0; i < slice.begin.size(); ++i) {
    const bool rest = slice.size[i] == kRestOfAxis;
    end.push_back(rest ? 0 : slice.begin[i] + slice.size[i] * slice.stride[i]);
    if (rest || end.back() < 0) end_mask |= 1 << i;
  }
  auto& builder = *static_cast<flatbuffers::FlatBufferBuilder*>(context.builder());
  context.SetOptions(tflite::BuiltinOptions_StridedSliceOptions,
                     tflite::CreateStridedSliceOptions(builder, 0, end_mask).o);
  context.InsertConstant(1, {rank}, slice.begin);
  context.InsertConstant(2, {rank}, end);
  context.InsertConstant(3, {rank}, slice.stride);
}

Operator ReadTfliteStridedSlice(TfliteReadContext& context) {
  const auto* options = static_cast<const tflite::StridedSliceOptions*>(
      context.Options(tflite::BuiltinOptions_StridedSliceOptions));
  const std::vector<int64_t> begin = context.TakeInts(1), end = context.TakeInts(2);
  const std::vector<int64_t> stride = context.TakeInts(3);
  const Shape& shape = context.Input(0).shape;
  if (options == nullptr || begin.size() != shape.size() || end.size() != shape.size() ||
      stride.size() != shape.size()) {
    context.Refuse("a strided slice that does not name every axis");
  }
  if (options->ellipsis_mask() != 0 || options->new_axis_mask() != 0 ||
      options->shrink_axis_mask() != 0) {
    context.Refuse("a strided slice with ellipsis, new or shrunk axes");
  }
  StridedSlice slice{std::vector<int64_t>(shape.size(), 0), std::vector<int64_t>(shape.size(), 1),
                     shape};
  constexpr int64_t kFar = std::numeric_limits<int32_t>::max();
  for (size_t i = 0; i < shape.size(); ++i) {
    const bool open_begin = (options->begin_mask() >> i & 1) != 0;
    const bool open_end = (options->end_mask() >> i & 1) != 0;
    const bool forward = stride[i] > 0;
    SliceAxis(open_begin ? (forward ? 0 : kFar) : begin[i],
              open_end ? (forward ? kFar : -kFar) : end[i], stride[i], i, shape, slice);
  }
  return slice;
}

Operator ReadTfliteSlice(TfliteReadContext& context) {
  const Shape& shape = context.Input(0).shape;
  StridedSlice slice{context.TakeInts(1), std::vector<int64_t>(shape.size(), 1),
                     context.TakeInts(2)};
  for (size_t i = 0; i < slice.size.size() && i < shape.size() && i < slice.begin.size(); ++i) {
    if (slice.size[i] == -1) slice.size[i] = shape[i] - slice.begin[i];
  }
  return slice;
}

void WriteSplitV(TfliteWriteContext& context) {
  const Split& split = *context.node().As<Split>();
  auto& builder = *static_cast<flatbuffers::FlatBufferBuilder*>(context.builder());
  const int parts = static_cast<int>(split.sizes.size());
  context.SetOptions(tflite::BuiltinOptions_SplitVOptions,
                     tflite::CreateSplitVOptions(builder, parts).o);
  context.InsertConstant(1, {parts}, split.sizes);
  context.InsertConstant(2, {}, {split.axis});
}

Operator ReadTfliteSplitV(TfliteReadContext& context) {
  const std::vector<int64_t> sizes = context.TakeInts(1), axis = context.TakeInts(2);
  if (axis.size() != 1) context.Refuse("a split along several axes");
  return Split{NormalizeAxis(axis[0], context.Input(0).rank()), sizes};
}

Operator ReadTfliteSplit(TfliteReadContext& context) {
  const std::vector<int64_t> given = context.TakeInts(0);
  if (given.size() != 1) context.Refuse("a split along several axes");
  const int axis = NormalizeAxis(given[0], context.Input(1).rank());
  std::vector<int64_t> sizes;
  for (size_t k = 0; k < context.output_count(); ++k) {
    if (context.Output(k).rank() != context.Input(1).rank()) context.Refuse("a damaged split");
    sizes.push_back(context.Output(k).shape[static_cast<size_t>(axis)]);
  }
  return Split{axis, std::move(sizes)};
}

constexpr TfliteForm kSliceForms[] = {
    {.code = tflite::BuiltinOperator_SLICE, .read = ReadTfliteSlice}};
constexpr ElementType kNoSplit[] = {ElementType::kBool};
constexpr TfliteForm kSplitForms[] = {
    {.code = tflite::BuiltinOperator_SPLIT, .read = ReadTfliteSplit}};

}  // namespace

constinit const Op kStridedSlice = {
    .name = StridedSlice::kName,
    .onnx = kSliceOnnx,
    .infer = InferSlice,
    .evaluate = EvaluateCopies<CopySlice>,
    .backward = MovementBackward,
    .quant = MovementRule(),
    .reference_int8 = EvaluateCopies<CopySlice>,
    .reference_int16 = EvaluateCopies<CopySlice>,
    .prepare_float = PrepareCopies<CopySlice>,
    .prepare_int8 = PrepareCopies<CopySlice>,
    .prepare_int16 = PrepareCopies<CopySlice>,
    .axes = RenumberedAxes(ReorderMembers<StridedSlice, &StridedSlice::begin, &StridedSlice::stride,
                                          &StridedSlice::size>),
    .tflite = {.code = tflite::BuiltinOperator_STRIDED_SLICE,
               .runtimes = "1.6.0 1.14.0 2.1.0 2.2.0",
               .version = SliceVersion,
               .write = WriteSlice,
               .read = ReadTfliteStridedSlice},
    .other_tflite = kSliceForms};

constinit const Op kSplit = {.name = Split::kName,
                             .onnx = kSplitOnnx,
                             .several_results = true,
                             .infer = InferSplit,
                             .evaluate = EvaluateCopies<CopySplit>,
                             .backward = MovementBackward,
                             .quant = MovementRule(),
                             .reference_int8 = EvaluateCopies<CopySplit>,
                             .reference_int16 = EvaluateCopies<CopySplit>,
                             .prepare_float = PrepareCopies<CopySplit>,
                             .prepare_int8 = PrepareCopies<CopySplit>,
                             .prepare_int16 = PrepareCopies<CopySplit>,
                             .axes = RenumberedAxes(RenumberAxis<Split>),
                             .tflite = {.code = tflite::BuiltinOperator_SPLIT_V,
                                        .runtimes = "1.13.1 2.3.0",
                                        .version = Int8Version2,
                                        .write = WriteSplitV,
                                        .read = ReadTfliteSplitV,
                                        .lacks = kNoSplit},
                             .other_tflite = kSplitForms};

}  // namespace qconvert
