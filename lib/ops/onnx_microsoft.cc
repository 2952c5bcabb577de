#include "lib/ops/onnx_microsoft.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "lib/base/error.h"
#include "lib/ops/elementwise.h"
#include "lib/ops/matmul.h"
#include "lib/ops/microsoft_attention.h"
#include "lib/ops/onnx_masks.h"
#include "lib/ops/onnx_normalization.h"

namespace qconvert {
namespace {

TensorId EmitWithBias(OnnxNode& onnx, TensorId x, size_t bias) {
  return onnx.HasInput(bias) ? onnx.Emit(Add{}, {x, onnx.Input(bias)}) : x;
}

void ReadGelu(OnnxNode& onnx) { onnx.EmitOutput(Gelu{}, {EmitWithBias(onnx, onnx.Input(0), 1)}); }

void ReadFastGelu(OnnxNode& onnx) {
  onnx.EmitOutput(Gelu{.approximate = true}, {EmitWithBias(onnx, onnx.Input(0), 1)});
}

void ReadQuickGelu(OnnxNode& onnx) {
  const TensorId x = onnx.Input(0);
  const TensorId scaled = EmitScaled(onnx, x, onnx.Float("alpha", 1.702F));
  onnx.EmitOutput(Mul{}, {x, onnx.Emit(Logistic{}, {scaled})});
}

/// Emits operand i with its axes as the product counts them: `batch` puts the first axis behind
/// those of the batch, `matrix` swaps the last two.
TensorId EmitOperand(OnnxNode& onnx, size_t i, std::string_view batch, std::string_view matrix) {
  const TensorId id = onnx.Input(i);
  std::vector<int> perm(onnx.tensor(id).rank());
  std::iota(perm.begin(), perm.end(), 0);
  if (perm.size() < 2) return id;
  if (onnx.Int(batch, 0) != 0) std::rotate(perm.begin(), perm.begin() + 1, perm.end() - 1);
  if (onnx.Int(matrix, 0) != 0) std::swap(perm.end()[-2], perm.end()[-1]);
  return onnx.EmitTranspose(id, std::move(perm));
}

/// alpha A B
void ReadFusedMatMul(OnnxNode& onnx) {
  TensorId a = EmitOperand(onnx, 0, "transBatchA", "transA");
  TensorId b = EmitOperand(onnx, 1, "transBatchB", "transB");
  TensorId& scaled = onnx.tensor(b).is_constant() ? b : a;
  scaled = EmitScaled(onnx, scaled, onnx.Float("alpha", 1));
  onnx.SetOutput(0, EmitProduct(onnx, a, b));
}

std::vector<int> LastAxis(const OnnxNode& onnx, TensorId id) {
  const size_t rank = onnx.tensor(id).rank();
  if (rank == 0) Fail(ErrorKind::kUnusable, "a normalization of a scalar");
  return {static_cast<int>(rank) - 1};
}

/// Emits (input + bias) + skip, which the model may read, too.
TensorId EmitSkip(OnnxNode& onnx, size_t bias) {
  if (onnx.HasOutput(1) || onnx.HasOutput(2)) onnx.Refuse("its mean and deviation are read");
  const TensorId branch = EmitWithBias(onnx, onnx.Input(0), bias);
  const TensorId sum = onnx.Emit(Add{}, {branch, onnx.Input(1)});
  onnx.SetOutput(3, sum);
  return sum;
}

void ReadSkipLayerNormalization(OnnxNode& onnx) {
  const TensorId sum = EmitSkip(onnx, 4);
  const float epsilon = onnx.Float("epsilon", 1e-12F);
  const TensorId y = EmitNormalized(onnx, sum, LastAxis(onnx, sum), epsilon);
  onnx.SetOutput(0, EmitWithBias(onnx, onnx.Emit(Mul{}, {y, onnx.Input(2)}), 3));
}

void ReadSkipSimplifiedLayerNormalization(OnnxNode& onnx) {
  const TensorId sum = EmitSkip(onnx, 3);
  const float epsilon = onnx.Float("epsilon", 1e-12F);
  const TensorId y = EmitRmsNormalized(onnx, sum, LastAxis(onnx, sum), epsilon);
  onnx.EmitOutput(Mul{}, {y, onnx.Input(2)});
}

/// Emits the rows of a table [N, C] of the places 0 .. T - 1, or of those that are given.
TensorId EmitPlaces(OnnxNode& onnx, int64_t count) {
  if (onnx.HasInput(8)) return onnx.Emit(Gather{0}, {onnx.Input(3), onnx.Input(8)});
  const Shape table = onnx.InputTensor(3).shape;
  if (table.size() != 2 || table[0] < count) {
    Fail(ErrorKind::kUnusable, std::to_string(count) + " places of a table " + ToText(table));
  }
  return onnx.Emit(StridedSlice{{0, 0}, {1, 1}, {count, table[1]}}, {onnx.Input(3)});
}

/// Lengths of the rows of a mask [B, T]; 0 where there is none.
TensorId EmitLengths(OnnxNode& onnx, int64_t batch) {
  if (onnx.HasInput(7)) return onnx.Emit(Sum{{1}, false}, {onnx.Input(7)});
  std::vector<int32_t> none(static_cast<size_t>(batch));
  return onnx.AddConstant(MakeConstantTensor("constant", {batch}, std::move(none)));
}

void ReadEmbedLayerNormalization(OnnxNode& onnx) {
  const Shape ids = onnx.InputTensor(0).shape;
  if (ids.size() != 2) Fail(ErrorKind::kUnusable, "ids of shape " + ToText(ids));
  const TensorId words = onnx.Emit(Gather{0}, {onnx.Input(2), onnx.Input(0)});
  TensorId sum = onnx.Emit(Add{}, {words, EmitPlaces(onnx, ids[1])});
  if (onnx.HasInput(1) && onnx.HasInput(4)) {
    sum = onnx.Emit(Add{}, {sum, onnx.Emit(Gather{0}, {onnx.Input(4), onnx.Input(1)})});
  }
  const float epsilon = onnx.Float("epsilon", 1e-12F);
  const TensorId y = EmitNormalized(onnx, sum, LastAxis(onnx, sum), epsilon);
  onnx.SetOutput(0, EmitWithBias(onnx, onnx.Emit(Mul{}, {y, onnx.Input(5)}), 6));
  if (onnx.HasOutput(1)) onnx.SetOutput(1, EmitLengths(onnx, ids[0]));
  onnx.SetOutput(2, sum);
}

constexpr std::string_view kGelu = "Add, Gelu", kSkip = "Add, LayerNormalization";

constexpr OnnxSpelling kSpellings[] = {
    {"Gelu", 1, ReadGelu, kGelu},
    {"BiasGelu", 1, ReadGelu, kGelu},
    {"FastGelu", 1, ReadFastGelu, kGelu},
    {"QuickGelu", 1, ReadQuickGelu, "Mul, Logistic"},
    {"FusedMatMul", 1, ReadFusedMatMul, "Transpose, Mul, MatMul"},
    {"TransposeMatMul", 1, ReadFusedMatMul, "Transpose, Mul, MatMul"},
    {"SkipLayerNormalization", 1, ReadSkipLayerNormalization, kSkip},
    {"SkipSimplifiedLayerNormalization", 1, ReadSkipSimplifiedLayerNormalization,
     "Add, RMSNormalization"},
    {"EmbedLayerNormalization", 1, ReadEmbedLayerNormalization, "Gather, Add, LayerNormalization"},
    {"Attention", 1, ReadMicrosoftAttention, "MatMul, Split, Attention"},
    {"MultiHeadAttention", 1, ReadMultiHeadAttention, "Add, Attention"},
    {"GroupQueryAttention", 1, ReadGroupQueryAttention, "Split, RotaryEmbedding, Attention"},
    {"RotaryEmbedding", 1, ReadMicrosoftRotaryEmbedding, "Gather, RotaryEmbedding"},
    {"Trilu", 1, ReadTrilu, "Select"}};

}  // namespace

std::span<const OnnxSpelling> MicrosoftSpellings() { return kSpellings; }

const OnnxSpelling* FindMicrosoftSpelling(std::string_view op_type) {
  const auto* found = std::ranges::find(kSpellings, op_type, &OnnxSpelling::name);
  return found == std::end(kSpellings) ? nullptr : found;
}

}  // namespace qconvert
