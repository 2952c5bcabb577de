#include "lib/ops/onnx_attention.h"

#include <algorithm>
#include <vector>

#include "lib/base/error.h"
#include "lib/ops/attention_parts.h"
#include "lib/ops/op.h"

namespace qconvert {
namespace {

/// Emits [batch, heads, rows, features] of one operand of ONNX's Attention.
TensorId EmitHeads(OnnxNode& onnx, size_t operand, const char* heads) {
  const TensorId id = onnx.Input(operand);
  return onnx.tensor(id).rank() == 4 ? id : EmitSplitHeads(onnx, id, onnx.Int(heads, 0));
}

/// Emits what was computed for earlier places in front of `id`, and gives it out as `output`.
TensorId EmitWithPast(OnnxNode& onnx, TensorId id, size_t past, size_t output) {
  if (onnx.HasInput(past)) id = onnx.Emit(Concat{2}, {onnx.Input(past), id});
  onnx.SetOutput(output, id);
  return id;
}

/// Sets which keys a mask lets queries see, and what it adds to the others' scores; keys beyond its
/// end are not seen.
void SetMask(OnnxNode& onnx, TensorId mask, int64_t keys, Attention& attention) {
  const Shape shape = onnx.tensor(mask).shape;
  const int64_t missing = shape.empty() ? 0 : keys - shape.back();
  if (missing > 0) {
    attention.seen = AddSeenKeys(onnx, 1, keys, {.right = shape.back() - 1});
    Pad pad{std::vector<int64_t>(shape.size(), 0), std::vector<int64_t>(shape.size(), 0)};
    pad.after.back() = missing;
    mask = onnx.Emit(std::move(pad), {mask});
  }
  if (onnx.tensor(mask).type == ElementType::kBool) {
    attention.seen = EmitBoth(onnx, attention.seen, mask);
  } else {
    attention.bias = mask;
  }
}

/// Emits which of the keys, of which only the first `lengths` count, a query sees. If `causal`, the
/// last query stands beside the last key that counts.
///   lengths  [B]
///   result   [B, 1, 1 or T, S]
TensorId EmitSeenOfLengths(OnnxNode& onnx, TensorId lengths, int64_t queries, int64_t keys,
                           bool causal) {
  RequireHoldableMask(queries, keys);
  std::vector<int64_t> least;  // the length from which on a query sees a key
  for (int64_t query = causal ? 0 : queries - 1; query < queries; ++query) {
    for (int64_t key = 0; key < keys; ++key) least.push_back(key + queries - query);
  }
  const Shape shape = {1, 1, causal ? queries : 1, keys};
  const TensorId needed = onnx.AddConstant(MakeConstantTensor("constant", shape, std::move(least)));
  const int64_t batch = onnx.tensor(lengths).elements();
  return onnx.Emit(LessEqual{}, {needed, onnx.EmitReshape(lengths, {batch, 1, 1, 1})});
}

/// Sets what mask, order and lengths say together.
void SetMasks(OnnxNode& onnx, int64_t queries, int64_t keys, Attention& attention) {
  const bool causal = onnx.Int("is_causal", 0) != 0;
  SeenKeys seen{onnx.Int("left_window_size", -1), onnx.Int("right_window_size", -1)};
  if (onnx.HasInput(4)) seen.offset = onnx.InputTensor(4).shape.at(2);
  if (onnx.HasInput(3)) SetMask(onnx, onnx.Input(3), keys, attention);
  if (onnx.HasInput(6)) {
    if (seen.left >= 0 || seen.right >= 0) onnx.Refuse("a window beside nonpad_kv_seqlen");
    const TensorId counting = EmitSeenOfLengths(onnx, onnx.Input(6), queries, keys, causal);
    attention.seen = EmitBoth(onnx, attention.seen, counting);
  } else if (causal) {
    seen.right = 0;
  }
  if (seen.left < 0 && seen.right < 0) return;
  attention.seen = EmitBoth(onnx, attention.seen, AddSeenKeys(onnx, queries, keys, seen));
}

}  // namespace

void ReadAttention(OnnxNode& onnx) {
  Attention attention{EmitHeads(onnx, 0, "q_num_heads"), EmitHeads(onnx, 1, "kv_num_heads"),
                      EmitHeads(onnx, 2, "kv_num_heads")};
  attention.key = EmitWithPast(onnx, attention.key, 4, 1);
  attention.value = EmitWithPast(onnx, attention.value, 5, 2);
  SetMasks(onnx, onnx.tensor(attention.query).shape.at(2), onnx.tensor(attention.key).shape.at(2),
           attention);
  attention.scale = onnx.Float("scale", 0);
  attention.softcap = onnx.Float("softcap", 0);
  const AttentionSteps steps = EmitAttention(onnx, attention);
  const bool joined = onnx.InputTensor(0).rank() == 3;
  onnx.SetOutput(0, joined ? EmitJoinedHeads(onnx, steps.result) : steps.result);
  const TensorId given[] = {steps.scaled, steps.capped, steps.biased, steps.probabilities};
  onnx.SetOutput(3, given[std::clamp<int64_t>(onnx.Int("qk_matmul_output_mode", 0), 0, 3)]);
}

/// cos and sin are tables by place where places are given, else they are those of each place.
void ReadRotaryEmbedding(OnnxNode& onnx) {
  const TensorId x = onnx.Input(0);
  const Shape shape = onnx.tensor(x).shape;
  Rotation rotation{.features = onnx.Int("rotary_embedding_dim", 0),
                    .interleaved = onnx.Int("interleaved", 0) != 0};
  const auto angles = [&](size_t i) {
    return onnx.HasInput(3) ? onnx.Emit(Gather{0}, {onnx.Input(i), onnx.Input(3)}) : onnx.Input(i);
  };
  rotation.cosines = angles(1);
  rotation.sines = angles(2);
  rotation.x = x;
  rotation.heads_first = shape.size() == 4;
  if (rotation.heads_first) return onnx.SetOutput(0, EmitRotation(onnx, rotation));
  const int64_t heads = onnx.Int("num_heads", 0);
  if (shape.size() != 3 || heads < 1 || shape[2] % heads != 0) {
    Fail(ErrorKind::kUnusable, std::to_string(heads) + " heads of shape " + ToText(shape));
  }
  rotation.x = onnx.EmitReshape(x, {shape[0], shape[1], heads, shape[2] / heads});
  onnx.SetOutput(0, onnx.EmitReshape(EmitRotation(onnx, rotation), shape));
}

}  // namespace qconvert
