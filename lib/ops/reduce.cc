// MEAN, SUM, REDUCE_MAX, REDUCE_MIN and REDUCE_PROD.
#include <algorithm>
#include <limits>

#include "tflite_generated.h"
#include <flatbuffers/flatbuffers.h>

#include "lib/base/error.h"
#include "lib/kernels/mean.h"
#include "lib/ops/elementwise.h"
#include "lib/ops/gradients.h"
#include "lib/ops/records.h"

namespace qconvert {
namespace {

template <typename Kind>
void InferReduce(const Node& node, std::span<const Tensor* const> inputs,
                 std::span<Tensor> outputs) {
  InferUnary(node, inputs, outputs);
  const Kind& reduce = *node.As<Kind>();
  const Tensor& input = *inputs[0];
  outputs[0].shape.clear();
  for (int axis : reduce.axes) NormalizeAxis(axis, input.rank());
  for (size_t i = 0; i < input.rank(); ++i) {
    const bool reduced =
        std::find(reduce.axes.begin(), reduce.axes.end(), static_cast<int>(i)) != reduce.axes.end();
    if (!reduced) outputs[0].shape.push_back(input.shape[i]);
    if (reduced && reduce.keep_dims) outputs[0].shape.push_back(1);
  }
}

/// Calls visit(i, at): element i of the operand goes into element `at` of the result.
template <typename Visit>
void ForEachReduced(const Shape& shape, const std::vector<int>& axes, Visit visit) {
  std::vector<int64_t> strides(shape.size(), 0);  // in the result
  int64_t stride = 1;
  for (size_t axis = shape.size(); axis-- > 0;) {
    if (std::find(axes.begin(), axes.end(), static_cast<int>(axis)) != axes.end()) continue;
    strides[axis] = stride;
    stride *= shape[axis];
  }
  const int64_t count = NumElements(shape);
  const int64_t columns = shape.empty() ? 1 : shape.back();
  const int64_t step = shape.empty() ? 0 : strides.back();
  for (int64_t row = 0; count > 0 && row < count / columns; ++row) {
    int64_t at = 0, outer = row;
    for (size_t axis = shape.size(); axis-- > 1; outer /= shape[axis - 1]) {
      at += outer % shape[axis - 1] * strides[axis - 1];
    }
    for (int64_t column = 0; column < columns; ++column) {
      visit(static_cast<size_t>(row * columns + column), static_cast<size_t>(at + column * step));
    }
  }
}

int64_t ReducedCount(const TensorView& input, const TensorView& output) {
  return output.elements() == 0 ? 0 : input.elements() / output.elements();
}

/// Folds the operand into a result that starts at `start`, in a wider type.
template <typename T, typename Wide, typename Function>
std::vector<Wide> Fold(TensorViews inputs, const TensorView& output, const std::vector<int>& axes,
                       Wide start, Function function) {
  std::vector<Wide> folded(static_cast<size_t>(output.elements()), start);
  const auto values = inputs[0].Values<T>();
  ForEachReduced(inputs[0].shape(), axes, [&](size_t i, size_t at) {
    folded[at] = function(folded[at], static_cast<Wide>(values[i]));
  });
  return folded;
}

template <typename T, typename Wide>
void Store(const std::vector<Wide>& folded, Wide divisor, const TensorView& output) {
  const auto result = output.Values<T>();
  for (size_t i = 0; i < folded.size(); ++i) result[i] = static_cast<T>(folded[i] / divisor);
}

/// double for float32, int64 for integers.
template <typename T>
using WideOf = std::conditional_t<std::is_same_v<T, float>, double, int64_t>;

template <typename Kind, auto kFunction>
void EvaluateSumLike(const Node& node, TensorViews inputs, TensorViews outputs, bool mean,
                     int start) {
  VisitNumber(node, inputs[0].type(), [&]<typename T>(T) {
    using Wide = WideOf<T>;
    const auto folded = Fold<T, Wide>(inputs, outputs[0], node.As<Kind>()->axes,
                                      static_cast<Wide>(start), kFunction);
    const Wide divisor = mean ? static_cast<Wide>(ReducedCount(inputs[0], outputs[0])) : Wide{1};
    if (divisor == 0) Fail(ErrorKind::kUnusable, "the mean of nothing");
    Store<T>(folded, divisor, outputs[0]);
  });
}

constexpr auto kPlus = [](auto a, auto b) { return a + b; };
constexpr auto kTimes = [](auto a, auto b) { return a * b; };
constexpr auto kLarger = [](auto a, auto b) { return a > b ? a : b; };
constexpr auto kSmaller = [](auto a, auto b) { return a < b ? a : b; };

void EvaluateMean(const Node& node, TensorViews inputs, TensorViews outputs) {
  EvaluateSumLike<Mean, kPlus>(node, inputs, outputs, true, 0);
}
void EvaluateSum(const Node& node, TensorViews inputs, TensorViews outputs) {
  EvaluateSumLike<Sum, kPlus>(node, inputs, outputs, false, 0);
}
void EvaluateProd(const Node& node, TensorViews inputs, TensorViews outputs) {
  EvaluateSumLike<ReduceProd, kTimes>(node, inputs, outputs, false, 1);
}

template <typename T, typename Kind, auto kFunction>
void FoldExtreme(const Node& node, TensorViews inputs, TensorViews outputs, T start) {
  Store<T, T>(Fold<T, T>(inputs, outputs[0], node.As<Kind>()->axes, start, kFunction), T{1},
              outputs[0]);
}

template <typename T>
constexpr T Highest() {
  using Limits = std::numeric_limits<T>;
  return Limits::has_infinity ? Limits::infinity() : Limits::max();
}
template <typename T>
constexpr T Lowest() {
  using Limits = std::numeric_limits<T>;
  return Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
}

template <typename Kind, auto kFunction, bool kMax>
void EvaluateExtreme(const Node& node, TensorViews inputs, TensorViews outputs) {
  VisitNumber(node, inputs[0].type(), [&]<typename T>(T) {
    FoldExtreme<T, Kind, kFunction>(node, inputs, outputs, kMax ? Lowest<T>() : Highest<T>());
  });
}

template <typename T, typename Kind, auto kFunction, bool kMax>
void ExtremeSteps(const Node& node, TensorViews inputs, TensorViews outputs) {
  FoldExtreme<T, Kind, kFunction>(node, inputs, outputs, kMax ? Lowest<T>() : Highest<T>());
}

/// Sums wrap around past 2^31, as LiteRT's do.
template <typename T>
void MeanSteps(const Node& node, TensorViews inputs, TensorViews outputs) {
  const auto sums = Fold<T, uint32_t>(inputs, outputs[0], node.As<Mean>()->axes, 0, kPlus);
  const int64_t count = ReducedCount(inputs[0], outputs[0]);
  if (count == 0) return;
  const IntegerMean<T> mean(LayerParams(inputs[0]), LayerParams(outputs[0]), count);
  std::transform(sums.begin(), sums.end(), outputs[0].Values<T>().begin(),
                 [&](uint32_t sum) { return mean(static_cast<int32_t>(sum)); });
}

/// int32 holds a sum of 2^16 int16.
const char* MeanScaleRule(const Node& node, const NodeParams& params) {
  if (params.wide && params.fold > 1 << 16) return "LiteRT's sums of 65537 int16 may overflow";
  return RescalingScaleRule(node, params);
}

/// Reads the axes (an attribute, later an operand); none means all, or nothing with
/// noop_with_empty_axes.
std::vector<int> ReadAxes(const OnnxNode& onnx) {
  const size_t rank = onnx.InputTensor(0).rank();
  const std::vector<int64_t> given = onnx.HasInput(1) ? onnx.ConstantInts(1) : onnx.Ints("axes");
  std::vector<int> axes;
  for (int64_t axis : given) axes.push_back(NormalizeAxis(axis, rank));
  const bool all = given.empty() && onnx.Int("noop_with_empty_axes", 0) == 0;
  for (size_t i = 0; all && i < rank; ++i) axes.push_back(static_cast<int>(i));
  std::sort(axes.begin(), axes.end());
  axes.erase(std::unique(axes.begin(), axes.end()), axes.end());
  return axes;
}

template <typename Kind>
TensorId EmitReduce(OnnxNode& onnx, TensorId input) {
  const std::vector<int> axes = ReadAxes(onnx);
  if (axes.empty()) return input;
  return onnx.Emit(Kind{axes, onnx.Int("keepdims", 1) != 0}, {input});
}

template <typename Kind>
void ReadReduce(OnnxNode& onnx) {
  onnx.SetOutput(0, EmitReduce<Kind>(onnx, onnx.Input(0)));
}
void ReadReduceSumSquare(OnnxNode& onnx) {
  onnx.SetOutput(0, EmitReduce<Sum>(onnx, onnx.Emit(Square{}, {onnx.Input(0)})));
}
void ReadReduceL2(OnnxNode& onnx) {
  const TensorId sum = EmitReduce<Sum>(onnx, onnx.Emit(Square{}, {onnx.Input(0)}));
  onnx.EmitOutput(Sqrt{}, {sum});
}
void ReadReduceL1(OnnxNode& onnx) {
  onnx.SetOutput(0, EmitReduce<Sum>(onnx, onnx.Emit(Abs{}, {onnx.Input(0)})));
}

void ReadReduceLogSum(OnnxNode& onnx) {
  onnx.EmitOutput(Log{}, {EmitReduce<Sum>(onnx, onnx.Input(0))});
}

/// log(sum(exp(x))) = log(sum(exp(x - max))) + max, which does not overflow.
void ReadReduceLogSumExp(OnnxNode& onnx) {
  const std::vector<int> axes = ReadAxes(onnx);
  if (axes.empty()) return onnx.SetOutput(0, onnx.Input(0));
  const TensorId max = onnx.Emit(ReduceMax{axes, true}, {onnx.Input(0)});
  const TensorId exp = onnx.Emit(Exp{}, {onnx.Emit(Sub{}, {onnx.Input(0), max})});
  const TensorId log = onnx.Emit(Log{}, {onnx.Emit(Sum{axes, true}, {exp})});
  const TensorId kept = onnx.Emit(Add{}, {log, max});
  if (onnx.Int("keepdims", 1) != 0) return onnx.SetOutput(0, kept);
  Shape shape = onnx.tensor(kept).shape;
  for (size_t i = axes.size(); i-- > 0;) shape.erase(shape.begin() + axes[i]);
  onnx.SetOutput(0, onnx.EmitReshape(kept, std::move(shape)));
}

constexpr OnnxSpelling kMeanOnnx[] = {{"ReduceMean", 1, ReadReduce<Mean>}};
constexpr OnnxSpelling kSumOnnx[] = {
    {"ReduceSum", 1, ReadReduce<Sum>},     {"ReduceSumSquare", 1, ReadReduceSumSquare},
    {"ReduceL1", 1, ReadReduceL1},         {"ReduceL2", 1, ReadReduceL2},
    {"ReduceLogSum", 1, ReadReduceLogSum}, {"ReduceLogSumExp", 1, ReadReduceLogSumExp}};
constexpr OnnxSpelling kMaxOnnx[] = {{"ReduceMax", 1, ReadReduce<ReduceMax>}};
constexpr OnnxSpelling kMinOnnx[] = {{"ReduceMin", 1, ReadReduce<ReduceMin>}};
constexpr OnnxSpelling kProdOnnx[] = {{"ReduceProd", 1, ReadReduce<ReduceProd>}};

template <typename Kind>
void WriteReduce(TfliteWriteContext& context) {
  const Kind& reduce = *context.node().As<Kind>();
  auto& builder = *static_cast<flatbuffers::FlatBufferBuilder*>(context.builder());
  context.SetOptions(tflite::BuiltinOptions_ReducerOptions,
                     tflite::CreateReducerOptions(builder, reduce.keep_dims).o);
  context.InsertConstant(1, {static_cast<int64_t>(reduce.axes.size())},
                         {reduce.axes.begin(), reduce.axes.end()});
}

template <typename Kind>
Operator ReadTfliteReduce(TfliteReadContext& context) {
  const auto* options = static_cast<const tflite::ReducerOptions*>(
      context.Options(tflite::BuiltinOptions_ReducerOptions));
  std::vector<int> axes;
  for (int64_t axis : context.TakeInts(1)) {
    axes.push_back(NormalizeAxis(axis, context.Input(0).rank()));
  }
  std::sort(axes.begin(), axes.end());
  return Kind{std::move(axes), options != nullptr && options->keep_dims()};
}

/// Holds where channels stay apart and the result still has them last.
template <typename Kind>
bool IsReductionHomogeneous(const Node& node, const Tensor& input) {
  const std::vector<int>& axes = node.As<Kind>()->axes;
  return axes.empty() || axes.back() + 1 < static_cast<int>(input.rank());
}

template <typename Kind>
bool Renumber(std::span<const Tensor* const>, StoredAxes& axes, Operator& op) {
  Kind& reduce = std::get<Kind>(op);
  if (!reduce.keep_dims) axes.DropFromResult(reduce.axes);
  for (int& axis : reduce.axes) axis = axes[axis];
  std::sort(reduce.axes.begin(), reduce.axes.end());
  return true;
}

template <typename Kind>
constexpr TfliteForm ReduceForm(int code, std::string_view runtimes,
                                TfliteVersionFunction version) {
  return {.code = code,
          .runtimes = runtimes,
          .version = version,
          .write = WriteReduce<Kind>,
          .read = ReadTfliteReduce<Kind>};
}

}  // namespace

constinit const Op kMean = {
    .name = Mean::kName,
    .onnx = kMeanOnnx,
    .infer = InferReduce<Mean>,
    .evaluate = EvaluateMean,
    .backward = MeanBackward,
    .quant = RescalingRule(),
    .scale_rule = MeanScaleRule,
    .reference_int8 = MeanSteps<int8_t>,
    .reference_int16 = MeanSteps<int16_t>,
    .prepare_float = PrepareMean,
    .prepare_int8 = PrepareMean,
    .axes = RenumberedAxes(Renumber<Mean>),
    .homogeneous = IsReductionHomogeneous<Mean>,
    .tflite = ReduceForm<Mean>(tflite::BuiltinOperator_MEAN, "1.6.0 1.14.0 2.4.0", VersionOfWidth)};

// LiteRT's reference kernel reads int8 sums as uint8, so SUM stays float.
constinit const Op kSum = {
    .name = Sum::kName,
    .onnx = kSumOnnx,
    .infer = InferReduce<Sum>,
    .evaluate = EvaluateSum,
    .backward = SumBackward,
    .quant = RescalingRule(),
    .axes = RenumberedAxes(Renumber<Sum>),
    .homogeneous = IsReductionHomogeneous<Sum>,
    .tflite = ReduceForm<Sum>(tflite::BuiltinOperator_SUM, "1.10.0 1.15.0", Int8Version2)};

constinit const Op kReduceMax = {
    .name = ReduceMax::kName,
    .onnx = kMaxOnnx,
    .infer = InferReduce<ReduceMax>,
    .evaluate = EvaluateExtreme<ReduceMax, kLarger, true>,
    .backward = ReduceMaxBackward,
    .quant = MovementRule(),
    .reference_int8 = ExtremeSteps<int8_t, ReduceMax, kLarger, true>,
    .reference_int16 = ExtremeSteps<int16_t, ReduceMax, kLarger, true>,
    .axes = RenumberedAxes(Renumber<ReduceMax>),
    .homogeneous = IsReductionHomogeneous<ReduceMax>,
    .tflite = ReduceForm<ReduceMax>(tflite::BuiltinOperator_REDUCE_MAX, "1.11.0 1.14.0 2.5.0",
                                    VersionOfWidth)};

constinit const Op kReduceMin = {
    .name = ReduceMin::kName,
    .onnx = kMinOnnx,
    .infer = InferReduce<ReduceMin>,
    .evaluate = EvaluateExtreme<ReduceMin, kSmaller, false>,
    .backward = ReduceMinBackward,
    .quant = MovementRule(),
    .reference_int8 = ExtremeSteps<int8_t, ReduceMin, kSmaller, false>,
    .reference_int16 = ExtremeSteps<int16_t, ReduceMin, kSmaller, false>,
    .axes = RenumberedAxes(Renumber<ReduceMin>),
    .homogeneous = IsReductionHomogeneous<ReduceMin>,
    .tflite = ReduceForm<ReduceMin>(tflite::BuiltinOperator_REDUCE_MIN, "1.11.0 1.14.0 2.5.0",
                                    VersionOfWidth)};

constinit const Op kReduceProd = {
    .name = ReduceProd::kName,
    .onnx = kProdOnnx,
    .infer = InferReduce<ReduceProd>,
    .evaluate = EvaluateProd,
    .backward = ReduceProdBackward,
    .axes = RenumberedAxes(Renumber<ReduceProd>),
    .tflite =
        ReduceForm<ReduceProd>(tflite::BuiltinOperator_REDUCE_PROD, "1.11.0 2.6.0", Int8Version2)};

}  // namespace qconvert
