// com.microsoft's GroupQueryAttention: rotary embedding, keys and values that groups of heads
// share, and those of the past in front of them.
#include <algorithm>
#include <numeric>
#include <vector>

#include "lib/base/error.h"
#include "lib/ops/attention_parts.h"
#include "lib/ops/microsoft_attention.h"

namespace qconvert {
namespace {

// Operands.
enum : size_t { kPastKey = 3, kPastValue, kLengths, kTotal, kCosines, kSines, kPlaces, kBias };

/// What the node says of sizes, and where its queries stand: the first at place `first`.
struct Setting {
  int64_t heads = 0, groups = 0, features = 0;  ///< features of one head
  int64_t batch = 0, queries = 0;
  int64_t held = 0;         ///< places that the operands of the past have
  int64_t keys = 0;         ///< places that the results have
  int64_t first = 0;        ///< where it is known
  TensorId at = kNoTensor;  ///< where it is computed: int64 [1]
};

TensorId Numbers(OnnxNode& onnx, Shape shape, std::vector<int64_t> values) {
  return onnx.AddConstant(MakeConstantTensor("constant", std::move(shape), std::move(values)));
}

std::vector<int64_t> CountFrom(int64_t first, int64_t count) {
  std::vector<int64_t> numbers(static_cast<size_t>(count));
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

bool IsConstant(const OnnxNode& onnx, size_t operand) {
  return onnx.HasInput(operand) && onnx.InputTensor(operand).is_constant();
}

/// Lengths are those of past and new keys together, less 1.
void SetFirst(OnnxNode& onnx, Setting& setting) {
  if (setting.held == 0) return;  // padding stands behind what counts: no query before sees it
  if (IsConstant(onnx, kLengths)) {
    const std::vector<int64_t> lengths = onnx.ConstantInts(kLengths);
    setting.first = lengths.at(0) + 1 - setting.queries;
    const bool same = std::all_of(lengths.begin(), lengths.end(),
                                  [&](int64_t length) { return length == lengths[0]; });
    if (!same) onnx.Refuse("lengths that differ within a batch; convert it for a batch of 1");
  } else {
    if (setting.batch != 1)
      onnx.Refuse("a past whose length is computed; convert it for a batch of 1");
    const TensorId lengths = onnx.EmitReshape(onnx.Input(kLengths), {1});
    const TensorId last = onnx.Emit(Cast{ElementType::kInt64}, {lengths});
    setting.at = onnx.Emit(Add{}, {last, Numbers(onnx, {1}, {1 - setting.queries})});
  }
  if (setting.first < 0 || setting.first > setting.held) {
    Fail(ErrorKind::kUnusable,
         std::to_string(setting.first) + " places of the past's " + std::to_string(setting.held));
  }
}

/// What the results hold: as much as their operands or the sequence need.
void SetKeys(OnnxNode& onnx, Setting& setting) {
  const int64_t most = setting.held + setting.queries;
  const int64_t total = IsConstant(onnx, kTotal) ? onnx.ConstantInts(kTotal).at(0) : most;
  setting.keys = std::max(total, setting.held);
  if (setting.keys > most || setting.keys < setting.queries) {
    Fail(ErrorKind::kUnusable, "a total_sequence_length of " + std::to_string(total));
  }
}

Setting ReadSetting(OnnxNode& onnx) {
  Setting setting{.heads = onnx.Int("num_heads", 0), .groups = onnx.Int("kv_num_heads", 0)};
  const Shape& shape = onnx.InputTensor(0).shape;
  const int64_t parts = onnx.HasInput(1) ? setting.heads : setting.heads + 2 * setting.groups;
  if (shape.size() != 3 || setting.heads < 1 || setting.groups < 1 || shape[2] % parts != 0) {
    Fail(ErrorKind::kUnusable, std::to_string(setting.heads) + " heads of shape " + ToText(shape));
  }
  setting.features = shape[2] / parts;
  setting.batch = shape[0];
  setting.queries = shape[1];
  if (onnx.HasInput(kPastKey)) {
    const Shape& past = onnx.InputTensor(kPastKey).shape;
    const Shape expected = {setting.batch, setting.groups, past.size() == 4 ? past[2] : 0,
                            setting.features};
    if (past != expected) {
      Fail(ErrorKind::kUnusable, "keys of the past of shape " + ToText(past));
    }
    setting.held = past[2];
  }
  SetFirst(onnx, setting);
  SetKeys(onnx, setting);
  return setting;
}

/// Emits queries, keys and values, [B, T, heads * features] each.
std::vector<TensorId> EmitParts(OnnxNode& onnx, const Setting& setting) {
  if (onnx.HasInput(1)) return {onnx.Input(0), onnx.Input(1), onnx.Input(2)};
  const int64_t shared = setting.groups * setting.features;
  const TensorId first =
      onnx.Emit(Split{2, {setting.heads * setting.features, shared, shared}}, {onnx.Input(0)}, 3);
  return {first, first + 1, first + 2};
}

/// Emits the places of the queries, [B or 1, T].
TensorId EmitPlaces(OnnxNode& onnx, const Setting& setting) {
  if (onnx.HasInput(kPlaces)) return onnx.Input(kPlaces);
  const int64_t known = setting.at == kNoTensor ? setting.first : 0;
  const TensorId places = Numbers(onnx, {1, setting.queries}, CountFrom(known, setting.queries));
  return setting.at == kNoTensor ? places : onnx.Emit(Add{}, {places, setting.at});
}

/// Emits [B, T, heads * features] -> [B, heads, T, features], rotated by their places if it is so.
TensorId EmitHeads(OnnxNode& onnx, TensorId x, int64_t heads, TensorId places) {
  if (places == kNoTensor) return EmitSplitHeads(onnx, x, heads);
  const Shape shape = onnx.tensor(x).shape;
  Rotation rotation{.x = onnx.EmitReshape(x, {shape[0], shape[1], heads, shape[2] / heads}),
                    .cosines = onnx.Emit(Gather{0}, {onnx.Input(kCosines), places}),
                    .sines = onnx.Emit(Gather{0}, {onnx.Input(kSines), places}),
                    .interleaved = onnx.Int("rotary_interleaved", 0) != 0};
  rotation.features = 2 * onnx.InputTensor(kCosines).shape.back();
  return EmitSplitHeads(onnx, onnx.EmitReshape(EmitRotation(onnx, rotation), shape), heads);
}

/// Emits which rows of [past, new] the results hold: those of the past up to the first query, then
/// the new ones; what is behind does not count.
TensorId EmitRows(OnnxNode& onnx, const Setting& setting) {
  const TensorId places = Numbers(onnx, {setting.keys}, CountFrom(0, setting.keys));
  std::vector<int64_t> shifted = CountFrom(setting.held, setting.keys);
  const TensorId behind = onnx.Emit(Sub{}, {Numbers(onnx, {setting.keys}, shifted), setting.at});
  const TensorId last = Numbers(onnx, {1}, {setting.held + setting.queries - 1});
  const TensorId is_past = onnx.Emit(Less{}, {places, setting.at});
  return onnx.Emit(Select{}, {is_past, places, onnx.Emit(Minimum{}, {behind, last})});
}

/// Emits keys or values with those of the past, [B, G, keys, features].
TensorId EmitWithPast(OnnxNode& onnx, TensorId fresh, size_t operand, const Setting& setting) {
  if (setting.held == 0) return fresh;
  TensorId past = onnx.Input(operand);
  if (setting.at != kNoTensor) {
    const TensorId both = onnx.Emit(Concat{2}, {past, fresh});
    return onnx.Emit(Gather{2}, {both, EmitRows(onnx, setting)});
  }
  if (setting.first < setting.held) {
    Shape size = onnx.tensor(past).shape;
    size[2] = setting.first;
    past = onnx.Emit(StridedSlice{{0, 0, 0, 0}, {1, 1, 1, 1}, size}, {past});
  }
  const TensorId both = setting.first == 0 ? fresh : onnx.Emit(Concat{2}, {past, fresh});
  const int64_t behind = setting.keys - setting.first - setting.queries;
  return behind == 0 ? both : onnx.Emit(Pad{{0, 0, 0, 0}, {0, 0, behind, 0}}, {both});
}

/// Emits which keys a query sees: none behind it, and as many before it as the window has.
TensorId EmitSeen(OnnxNode& onnx, const Setting& setting) {
  const int64_t window = onnx.Int("local_window_size", -1);  // the query itself among them
  if (setting.at == kNoTensor) {
    return AddSeenKeys(onnx, setting.queries, setting.keys,
                       {.left = window < 0 ? -1 : window - 1, .right = 0, .offset = setting.first});
  }
  RequireHoldableMask(setting.queries, setting.keys);
  std::vector<int64_t> behind;  // the key's place less the query's, were the first query at 0
  for (int64_t query = 0; query < setting.queries; ++query) {
    for (int64_t key = 0; key < setting.keys; ++key) behind.push_back(key - query);
  }
  const Shape shape = {setting.queries, setting.keys};
  const TensorId seen = onnx.Emit(LessEqual{}, {Numbers(onnx, shape, behind), setting.at});
  if (window < 0) return seen;
  for (int64_t& difference : behind) difference += window - 1;
  const TensorId near = onnx.Emit(GreaterEqual{}, {Numbers(onnx, shape, behind), setting.at});
  return EmitBoth(onnx, seen, near);
}

void RefuseOthers(const OnnxNode& onnx) {
  for (size_t i = kBias + 1; i < onnx.input_count(); ++i) {
    if (onnx.HasInput(i)) onnx.Refuse("operand " + std::to_string(i));
  }
  if (onnx.Int("smooth_softmax", 0) > 0) onnx.Refuse("smooth_softmax");
  if (onnx.HasOutput(3)) onnx.Refuse("its products of queries and keys are read");
}

}  // namespace

void ReadGroupQueryAttention(OnnxNode& onnx) {
  RefuseOthers(onnx);
  const Setting setting = ReadSetting(onnx);
  const std::vector<TensorId> parts = EmitParts(onnx, setting);
  const bool rotates = onnx.Int("do_rotary", 0) != 0;
  const TensorId places = rotates ? EmitPlaces(onnx, setting) : kNoTensor;
  Attention attention{EmitHeads(onnx, parts[0], setting.heads, places),
                      EmitHeads(onnx, parts[1], setting.groups, places),
                      EmitSplitHeads(onnx, parts[2], setting.groups)};
  attention.key = EmitWithPast(onnx, attention.key, kPastKey, setting);
  attention.value = EmitWithPast(onnx, attention.value, kPastValue, setting);
  onnx.SetOutput(1, attention.key);
  onnx.SetOutput(2, attention.value);
  attention.seen = EmitSeen(onnx, setting);
  if (onnx.HasInput(kBias)) attention.bias = onnx.Input(kBias);
  attention.scale = onnx.Float("scale", 0);
  attention.softcap = onnx.Float("softcap", 0);
  onnx.SetOutput(0, EmitJoinedHeads(onnx, EmitAttention(onnx, attention).result));
}

}  // namespace qconvert
