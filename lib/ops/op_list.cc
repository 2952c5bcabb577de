#include <array>

#include "lib/ops/op.h"
#include "lib/ops/records.h"

namespace qconvert {
namespace {

constexpr std::array kOps = {&kConv2D,
                             &kDepthwiseConv2D,
                             &kTransposeConv2D,
                             &kFullyConnected,
                             &kBatchMatMul,
                             &kAdd,
                             &kSub,
                             &kMul,
                             &kDiv,
                             &kMaximum,
                             &kMinimum,
                             &kSquaredDifference,
                             &kPow,
                             &kFloorDiv,
                             &kFloorMod,
                             &kEqual,
                             &kNotEqual,
                             &kLess,
                             &kLessEqual,
                             &kGreater,
                             &kGreaterEqual,
                             &kLogicalAnd,
                             &kLogicalOr,
                             &kLogicalNot,
                             &kSelect,
                             &kRelu,
                             &kRelu6,
                             &kReluN1To1,
                             &kRelu0To1,
                             &kClip,
                             &kLeakyRelu,
                             &kPRelu,
                             &kHardSwish,
                             &kHardSigmoid,
                             &kLogistic,
                             &kTanh,
                             &kElu,
                             &kGelu,
                             &kErf,
                             &kAbs,
                             &kNeg,
                             &kExp,
                             &kLog,
                             &kSqrt,
                             &kRsqrt,
                             &kSquare,
                             &kSin,
                             &kCos,
                             &kFloor,
                             &kCeil,
                             &kRound,
                             &kAveragePool2D,
                             &kMaxPool2D,
                             &kMean,
                             &kSum,
                             &kReduceMax,
                             &kReduceMin,
                             &kReduceProd,
                             &kArgMax,
                             &kSoftmax,
                             &kLogSoftmax,
                             &kBatchNorm,
                             &kReshape,
                             &kTranspose,
                             &kPad,
                             &kMirrorPad,
                             &kStridedSlice,
                             &kSplit,
                             &kConcat,
                             &kGather,
                             &kTile,
                             &kBroadcastTo,
                             &kResizeBilinear,
                             &kResizeNearest,
                             &kSpaceToDepth,
                             &kDepthToSpace,
                             &kCast,
                             &kQuantize,
                             &kDequantize};

static_assert(kOps.size() == kOperatorCount, "one record for each alternative of the variant");

}  // namespace

std::span<const Op* const> AllOps() { return kOps; }

const Op& OpOf(const Operator& op) { return *kOps[op.index()]; }

const OnnxSpelling* FindOnnxSpelling(std::string_view op_type) {
  for (const Op* op : kOps) {
    for (const OnnxSpelling& spelling : op->onnx) {
      if (spelling.name == op_type) return &spelling;
    }
  }
  for (const OnnxSpelling& spelling : OnnxOnlySpellings()) {
    if (spelling.name == op_type) return &spelling;
  }
  return nullptr;
}

}  // namespace qconvert
