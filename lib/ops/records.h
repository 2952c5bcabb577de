// Every operator's record: where it is defined, and their list. op.cc finds records in it.
#pragma once

#include <array>

#include "lib/ops/op.h"

namespace qconvert {

extern const Op kConv2D, kDepthwiseConv2D;      // conv.cc
extern const Op kTransposeConv2D;               // transpose_conv.cc
extern const Op kFullyConnected, kBatchMatMul;  // matmul.cc
extern const Op kAdd, kSub, kMul, kDiv;         // arithmetic.cc
extern const Op kMaximum, kMinimum, kSquaredDifference, kPow, kFloorDiv, kFloorMod,
    kAtan2;                                                                       // binary.cc
extern const Op kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual;    // comparison.cc
extern const Op kLogicalAnd, kLogicalOr, kLogicalNot, kSelect;                    // comparison.cc
extern const Op kRelu, kRelu6, kReluN1To1, kRelu0To1, kClip, kLeakyRelu, kPRelu;  // relu.cc
extern const Op kHardSwish, kHardSigmoid;                                         // hard_swish.cc
extern const Op kLogistic, kTanh, kElu, kGelu, kErf;                              // sigmoid.cc
extern const Op kAbs, kNeg, kExp, kLog, kSqrt, kRsqrt, kSquare;                   // unary.cc
extern const Op kSin, kCos, kFloor, kCeil, kRound, kSign;                         // unary.cc
extern const Op kAveragePool2D, kMaxPool2D;                                       // pool.cc
extern const Op kMean, kSum, kReduceMax, kReduceMin, kReduceProd, kArgMax;        // reduce.cc
extern const Op kTopK;                                                            // top_k.cc
extern const Op kCumSum;                                                          // cumsum.cc
extern const Op kSoftmax, kLogSoftmax;                                            // softmax.cc
extern const Op kLocalResponseNorm;                  // local_response_norm.cc
extern const Op kBatchNorm;                          // batch_norm.cc
extern const Op kReshape, kTranspose;                // reshape.cc
extern const Op kPad, kMirrorPad;                    // pad.cc
extern const Op kStridedSlice, kSplit;               // slice.cc
extern const Op kConcat, kGather;                    // concat.cc
extern const Op kTile, kBroadcastTo;                 // tile.cc
extern const Op kResizeBilinear, kResizeNearest;     // resize.cc
extern const Op kSpaceToDepth, kDepthToSpace;        // depth_to_space.cc
extern const Op kCast, kQuantize, kDequantize;       // cast.cc
extern const Op kQuantizeLinear, kDequantizeLinear;  // quantize_linear.cc

/// The records in the order of the variant.
// clang-format off
inline constexpr std::array kRecords = {
    &kConv2D, &kDepthwiseConv2D, &kTransposeConv2D, &kFullyConnected, &kBatchMatMul,
    &kAdd, &kSub, &kMul, &kDiv,
    &kMaximum, &kMinimum, &kSquaredDifference, &kPow, &kFloorDiv, &kFloorMod, &kAtan2,
    &kEqual, &kNotEqual, &kLess, &kLessEqual, &kGreater, &kGreaterEqual,
    &kLogicalAnd, &kLogicalOr, &kLogicalNot, &kSelect,
    &kRelu, &kRelu6, &kReluN1To1, &kRelu0To1, &kClip, &kLeakyRelu, &kPRelu,
    &kHardSwish, &kHardSigmoid,
    &kLogistic, &kTanh, &kElu, &kGelu, &kErf,
    &kAbs, &kNeg, &kExp, &kLog, &kSqrt, &kRsqrt, &kSquare,
    &kSin, &kCos, &kFloor, &kCeil, &kRound, &kSign,
    &kAveragePool2D, &kMaxPool2D,
    &kMean, &kSum, &kReduceMax, &kReduceMin, &kReduceProd, &kArgMax, &kTopK,
    &kCumSum, &kSoftmax, &kLogSoftmax, &kLocalResponseNorm, &kBatchNorm,
    &kReshape, &kTranspose, &kPad, &kMirrorPad, &kStridedSlice, &kSplit,
    &kConcat, &kGather, &kTile, &kBroadcastTo,
    &kResizeBilinear, &kResizeNearest, &kSpaceToDepth, &kDepthToSpace,
    &kCast, &kQuantize, &kDequantize, &kQuantizeLinear, &kDequantizeLinear};
// clang-format on

static_assert(kRecords.size() == kOperatorCount, "one record for each alternative of the variant");

}  // namespace qconvert
