// Attention, read into matrix products and a softmax: what ONNX's operators and those of ONNX
// Runtime have in common.
#pragma once

#include "lib/ops/onnx_node.h"

namespace qconvert {

/// softmax(softcap(scale Q K') + bias) V for each head. Heads of queries share those of keys and
/// values where there are more of them: the first H / G the first, and so on. A query that sees no
/// key has the result 0.
struct Attention {
  TensorId query = kNoTensor;  ///< [B, H, T, D]
  TensorId key = kNoTensor;    ///< [B, G, S, D]
  TensorId value = kNoTensor;  ///< [B, G, S, V]
  TensorId bias = kNoTensor;   ///< broadcast to [B, H, T, S]; kNoTensor: none
  TensorId seen = kNoTensor;   ///< bool, broadcast alike: whether a query sees a key; if none, all
  float scale = 0;             ///< 0: 1 / sqrt(D)
  float softcap = 0;           ///< c tanh(x / c); 0: x
};

/// Its steps; ONNX's operator may give any of them out.
struct AttentionSteps {
  TensorId scaled, capped, biased, probabilities;  ///< [B, H, T, S]
  TensorId result;                                 ///< [B, H, T, V]
};

/// Emits an attention. Throws Error(kUnusable) when the operands' shapes do not fit.
AttentionSteps EmitAttention(OnnxNode& onnx, const Attention& attention);

/// Emits [B, T, H D] -> [B, H, T, D].
TensorId EmitSplitHeads(OnnxNode& onnx, TensorId id, int64_t heads);
/// Emits [B, H, T, D] -> [B, T, H D].
TensorId EmitJoinedHeads(OnnxNode& onnx, TensorId id);

/// Emits 0 where a mask holds, and `otherwise` where it does not.
///   mask  bool, of any shape
TensorId EmitMaskBias(OnnxNode& onnx, TensorId mask, float otherwise);

/// Which keys a query sees by its place: those at most `left` before it and at most `right` behind
/// it; -1 is no bound. The first query stands beside key `offset`.
struct SeenKeys {
  int64_t left = -1, right = -1, offset = 0;
};

/// Throws Error(kUnsupported) when a constant for each of so many pairs would fill the memory.
void RequireHoldableMask(int64_t queries, int64_t keys);

/// Adds the constant bool [queries, keys].
TensorId AddSeenKeys(OnnxNode& onnx, int64_t queries, int64_t keys, const SeenKeys& seen);

/// Emits the sum of two biases, or the conjunction of two masks, each of which may be kNoTensor.
TensorId EmitSum(OnnxNode& onnx, TensorId a, TensorId b);
TensorId EmitBoth(OnnxNode& onnx, TensorId a, TensorId b);

/// Rotates pairs of features by the angles of their places.
struct Rotation {
  TensorId x = kNoTensor;        ///< [B, T, H, D]
  bool heads_first = false;      ///< x is [B, H, T, D]
  TensorId cosines = kNoTensor;  ///< [B or 1, T, R / 2]
  TensorId sines = kNoTensor;    ///< the same
  int64_t features = 0;          ///< R, the first of D; 0: all
  bool interleaved = false;      ///< pairs are neighbours, not the two halves of R
};

/// Emits a rotation; the result has the shape of x.
TensorId EmitRotation(OnnxNode& onnx, const Rotation& rotation);

}  // namespace qconvert
