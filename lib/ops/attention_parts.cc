#include "lib/ops/attention_parts.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "lib/base/error.h"
#include "lib/ops/elementwise.h"

namespace qconvert {
namespace {

TensorId Scalar(OnnxNode& onnx, float value) {
  return onnx.AddConstant(MakeConstantTensor("constant", {}, std::vector<float>{value}));
}

void RequireHeads(const OnnxNode& onnx, const Attention& attention) {
  const Shape& q = onnx.tensor(attention.query).shape;
  const Shape& k = onnx.tensor(attention.key).shape;
  const Shape& v = onnx.tensor(attention.value).shape;
  const bool fit = q.size() == 4 && k.size() == 4 && v.size() == 4 && k[1] > 0 &&
                   q[1] % k[1] == 0 && k[1] == v[1] && k[2] == v[2] && q[3] == k[3];
  if (fit) return;
  Fail(ErrorKind::kUnusable, "queries, keys and values of shapes " + ToText(q) + ", " + ToText(k) +
                                 " and " + ToText(v) + " do not fit");
}

TensorId EmitSoftcap(OnnxNode& onnx, TensorId x, float cap) {
  return EmitScaled(onnx, onnx.Emit(Tanh{}, {EmitScaled(onnx, x, 1 / cap)}), cap);
}

TensorId EmitMasked(OnnxNode& onnx, TensorId scores, const Attention& attention) {
  const TensorId biased = EmitSum(onnx, scores, attention.bias);
  if (attention.seen == kNoTensor) return biased;
  const TensorId masked = Scalar(onnx, -std::numeric_limits<float>::infinity());
  return onnx.Emit(Select{}, {attention.seen, biased, masked});
}

bool AllHold(const Tensor& mask) {
  return mask.is_constant() &&
         std::ranges::all_of(mask.Values<uint8_t>(), [](uint8_t holds) { return holds != 0; });
}

/// Emits 0 in place of the probabilities of queries that see no key, where there may be such.
TensorId EmitWhereAnySeen(OnnxNode& onnx, TensorId probabilities, TensorId seen) {
  if (seen == kNoTensor) return probabilities;
  const TensorId number = onnx.Emit(Cast{ElementType::kInt32}, {seen});
  const int last = static_cast<int>(onnx.tensor(seen).rank()) - 1;
  const TensorId most = onnx.Emit(ReduceMax{{last}, true}, {number});
  const TensorId zero =
      onnx.AddConstant(MakeConstantTensor("constant", {}, std::vector<int32_t>{0}));
  const TensorId any = onnx.Emit(Greater{}, {most, zero});
  if (AllHold(onnx.tensor(any))) return probabilities;
  return onnx.Emit(Select{}, {any, probabilities, Scalar(onnx, 0)});
}

/// Emits x[..., begin : begin + size : stride] of the last axis.
TensorId EmitColumns(OnnxNode& onnx, TensorId x, int64_t begin, int64_t stride, int64_t size) {
  StridedSlice slice;
  slice.size = onnx.tensor(x).shape;
  slice.begin.assign(slice.size.size(), 0);
  slice.stride.assign(slice.size.size(), 1);
  slice.begin.back() = begin;
  slice.stride.back() = stride;
  slice.size.back() = size;
  return onnx.Emit(std::move(slice), {x});
}

/// Emits the pairs (a, b) as the features that they were taken from.
TensorId EmitPairs(OnnxNode& onnx, TensorId a, TensorId b, bool interleaved) {
  const Shape shape = onnx.tensor(a).shape;
  const int last = static_cast<int>(shape.size()) - 1;
  if (!interleaved) return onnx.Emit(Concat{last}, {a, b});
  Shape apart = shape, pairs = shape;
  apart.push_back(1);
  pairs.back() *= 2;
  const std::vector<TensorId> both = {onnx.EmitReshape(a, apart), onnx.EmitReshape(b, apart)};
  return onnx.EmitReshape(onnx.Emit(Concat{last + 1}, both), pairs);
}

}  // namespace

AttentionSteps EmitAttention(OnnxNode& onnx, const Attention& attention) {
  RequireHeads(onnx, attention);
  const Shape q = onnx.tensor(attention.query).shape;
  const Shape k = onnx.tensor(attention.key).shape;
  const float scale =
      attention.scale != 0 ? attention.scale : 1 / std::sqrt(static_cast<float>(q[3]));
  // Queries of heads that share keys are rows of one matrix.
  const Shape shared = {q[0], k[1], q[1] / k[1] * q[2], q[3]};
  const Shape rows = {q[0], k[1], shared[2], k[2]}, heads = {q[0], q[1], q[2], k[2]};
  const TensorId queries = onnx.EmitReshape(EmitScaled(onnx, attention.query, scale), shared);
  const TensorId scores = onnx.Emit(BatchMatMul{false, true}, {queries, attention.key});
  AttentionSteps steps{};
  steps.scaled = onnx.EmitReshape(scores, heads);
  steps.capped =
      attention.softcap == 0 ? steps.scaled : EmitSoftcap(onnx, steps.scaled, attention.softcap);
  steps.biased = EmitMasked(onnx, steps.capped, attention);
  if (onnx.tensor(steps.biased).shape != heads) {
    Fail(ErrorKind::kUnusable, "its mask makes scores of shape " + ToText(heads) + " such of " +
                                   ToText(onnx.tensor(steps.biased).shape));
  }
  steps.probabilities =
      EmitWhereAnySeen(onnx, onnx.Emit(Softmax{}, {steps.biased}), attention.seen);
  const TensorId of_rows = onnx.EmitReshape(steps.probabilities, rows);
  const TensorId values = onnx.Emit(BatchMatMul{}, {of_rows, attention.value});
  steps.result =
      onnx.EmitReshape(values, {q[0], q[1], q[2], onnx.tensor(attention.value).shape[3]});
  return steps;
}

TensorId EmitSplitHeads(OnnxNode& onnx, TensorId id, int64_t heads) {
  const Shape shape = onnx.tensor(id).shape;
  if (shape.size() != 3 || heads < 1 || shape[2] % heads != 0) {
    Fail(ErrorKind::kUnusable, std::to_string(heads) + " heads of shape " + ToText(shape));
  }
  const TensorId split = onnx.EmitReshape(id, {shape[0], shape[1], heads, shape[2] / heads});
  return onnx.EmitTranspose(split, {0, 2, 1, 3});
}

TensorId EmitJoinedHeads(OnnxNode& onnx, TensorId id) {
  const TensorId rows = onnx.EmitTranspose(id, {0, 2, 1, 3});
  const Shape shape = onnx.tensor(rows).shape;
  return onnx.EmitReshape(rows, {shape[0], shape[1], shape[2] * shape[3]});
}

TensorId EmitMaskBias(OnnxNode& onnx, TensorId mask, float otherwise) {
  return onnx.Emit(Select{}, {mask, Scalar(onnx, 0), Scalar(onnx, otherwise)});
}

void RequireHoldableMask(int64_t queries, int64_t keys) {
  constexpr double kMostPairs = 1 << 26;
  if (static_cast<double>(queries) * static_cast<double>(keys) <= kMostPairs) return;
  Fail(ErrorKind::kUnsupported,
       "a mask of " + std::to_string(queries) + " queries and " + std::to_string(keys) + " keys");
}

TensorId AddSeenKeys(OnnxNode& onnx, int64_t queries, int64_t keys, const SeenKeys& seen) {
  RequireHoldableMask(queries, keys);
  std::vector<uint8_t> values;
  for (int64_t query = 0; query < queries; ++query) {
    for (int64_t key = 0; key < keys; ++key) {
      const int64_t behind = key - query - seen.offset;
      const bool sees =
          (seen.right < 0 || behind <= seen.right) && (seen.left < 0 || -behind <= seen.left);
      values.push_back(sees ? 1 : 0);
    }
  }
  Tensor mask{"constant", ElementType::kBool, {queries, keys}};
  mask.constant = MakeConstant(std::move(values));
  return onnx.AddConstant(std::move(mask));
}

TensorId EmitSum(OnnxNode& onnx, TensorId a, TensorId b) {
  if (a == kNoTensor || b == kNoTensor) return a == kNoTensor ? b : a;
  return onnx.Emit(Add{}, {a, b});
}

TensorId EmitBoth(OnnxNode& onnx, TensorId a, TensorId b) {
  if (a == kNoTensor || b == kNoTensor) return a == kNoTensor ? b : a;
  return onnx.Emit(LogicalAnd{}, {a, b});
}

TensorId EmitRotation(OnnxNode& onnx, const Rotation& rotation) {
  const Shape shape = onnx.tensor(rotation.x).shape;
  const int64_t features = rotation.features == 0 ? shape[3] : rotation.features;
  const int64_t half = features / 2;
  const Shape angles = onnx.tensor(rotation.cosines).shape;
  if (features % 2 != 0 || features > shape[3] || angles.size() != 3 || angles[2] != half ||
      angles != onnx.tensor(rotation.sines).shape) {
    Fail(ErrorKind::kUnusable, "angles of shape " + ToText(angles) + " do not rotate " +
                                   std::to_string(features) + " features of " + ToText(shape));
  }
  const Shape per_head = rotation.heads_first ? Shape{angles[0], 1, angles[1], half}
                                              : Shape{angles[0], angles[1], 1, half};
  const TensorId cosines = onnx.EmitReshape(rotation.cosines, per_head);
  const TensorId sines = onnx.EmitReshape(rotation.sines, per_head);
  const int64_t stride = rotation.interleaved ? 2 : 1;
  const TensorId a = EmitColumns(onnx, rotation.x, 0, stride, half);
  const TensorId b = EmitColumns(onnx, rotation.x, rotation.interleaved ? 1 : half, stride, half);
  const auto product = [&](TensorId x, TensorId y) { return onnx.Emit(Mul{}, {x, y}); };
  const TensorId real = onnx.Emit(Sub{}, {product(a, cosines), product(b, sines)});
  const TensorId imaginary = onnx.Emit(Add{}, {product(a, sines), product(b, cosines)});
  const TensorId rotated = EmitPairs(onnx, real, imaginary, rotation.interleaved);
  if (features == shape[3]) return rotated;
  const TensorId rest = EmitColumns(onnx, rotation.x, features, 1, shape[3] - features);
  return onnx.Emit(Concat{3}, {rotated, rest});
}

}  // namespace qconvert
