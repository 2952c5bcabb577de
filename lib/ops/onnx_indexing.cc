#include "lib/ops/onnx_indexing.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "lib/base/error.h"

namespace qconvert {
namespace {

using Ints = std::vector<int64_t>;

TensorId AddInts(OnnxNode& onnx, Shape shape, Ints values) {
  return onnx.AddConstant(
      MakeConstantTensor(onnx.name() + "_indices", std::move(shape), std::move(values)));
}

int64_t Product(const Shape& shape, size_t begin, size_t end) {
  return std::accumulate(shape.begin() + static_cast<std::ptrdiff_t>(begin),
                         shape.begin() + static_cast<std::ptrdiff_t>(end), int64_t{1},
                         std::multiplies<>());
}

/// Emits indices as int64.
TensorId AsInt64(OnnxNode& onnx, TensorId indices) {
  return onnx.tensor(indices).type == ElementType::kInt64
             ? indices
             : onnx.Emit(Cast{ElementType::kInt64}, {indices});
}

/// Emits indices counted from the front; those of `dims` [k] belong to the last axis, one to all.
TensorId EmitFromFront(OnnxNode& onnx, const Ints& dims) {
  const Tensor& given = onnx.InputTensor(1);
  const Ints values = given.is_constant() ? IntValues(given) : Ints{};
  for (size_t i = 0; i < values.size(); ++i) {
    const int64_t dim = dims[i % dims.size()];
    if (values[i] >= -dim && values[i] < dim) continue;
    Fail(ErrorKind::kUnusable,
         "index " + std::to_string(values[i]) + " is outside an axis of " + std::to_string(dim));
  }
  const auto count = static_cast<int64_t>(dims.size());
  const TensorId sizes = AddInts(onnx, count == 1 ? Shape{} : Shape{count}, dims);
  return onnx.Emit(FloorMod{}, {AsInt64(onnx, onnx.Input(1)), sizes});
}

/// Emits elements along an axis; indices that are known become int32, which all runtimes take.
TensorId EmitPicked(OnnxNode& onnx, TensorId x, int axis, TensorId indices) {
  const Tensor& known = onnx.tensor(indices);
  if (!known.is_constant()) return onnx.Emit(Gather{axis}, {x, indices});
  const Shape shape = known.shape;
  const Ints wide = IntValues(known);
  const TensorId narrow = onnx.AddConstant(MakeConstantTensor(
      onnx.name() + "_indices", shape, std::vector<int32_t>(wide.begin(), wide.end())));
  return onnx.Emit(Gather{axis}, {x, narrow});
}

/// Emits rows of a table [R, ...] that is made of a tensor, as a tensor of another shape.
TensorId EmitRows(OnnxNode& onnx, TensorId x, Shape table, TensorId rows, Shape result) {
  const TensorId taken = EmitPicked(onnx, onnx.EmitReshape(x, std::move(table)), 0, rows);
  return onnx.EmitReshape(taken, std::move(result));
}

/// Returns for each element of a block of a tensor that begins at its first element where it lies
/// in the tensor, but for `axis`, whose part is left out.
Ints PlacesBut(const Shape& block, const Shape& tensor, size_t axis) {
  const Ints from = RowMajorStrides(block), to = RowMajorStrides(tensor);
  Ints places(static_cast<size_t>(NumElements(block)), 0);
  for (size_t i = 0; i < places.size(); ++i) {
    for (size_t k = 0; k < block.size(); ++k) {
      if (k != axis) places[i] += static_cast<int64_t>(i) / from[k] % block[k] * to[k];
    }
  }
  return places;
}

/// Returns the axis along which indices of the operand's rank count.
size_t ElementsAxis(const OnnxNode& onnx, int64_t otherwise) {
  const Shape &data = onnx.InputTensor(0).shape, &indices = onnx.InputTensor(1).shape;
  const auto axis = static_cast<size_t>(NormalizeAxis(onnx.Int("axis", otherwise), data.size()));
  bool fits = data.size() == indices.size();
  for (size_t k = 0; fits && k < data.size(); ++k) fits = k == axis || indices[k] <= data[k];
  if (!fits) {
    Fail(ErrorKind::kUnusable,
         "indices of shape " + ToText(indices) + " for shape " + ToText(data));
  }
  return axis;
}

/// Emits where in the flat operand each element lies that an index along `axis` names.
TensorId EmitPlaces(OnnxNode& onnx, size_t axis) {
  const Shape data = onnx.InputTensor(0).shape, block = onnx.InputTensor(1).shape;
  const TensorId along = onnx.Emit(
      Mul{}, {EmitFromFront(onnx, {data[axis]}), AddInts(onnx, {}, {RowMajorStrides(data)[axis]})});
  return onnx.Emit(Add{}, {along, AddInts(onnx, block, PlacesBut(block, data, axis))});
}

/// Emits the row of the operand, flat in its first axes, that each tuple of indices [...,k] names:
/// [...]. The first `batch` axes of both are the same.
TensorId EmitTupleRows(OnnxNode& onnx, size_t batch) {
  const Shape data = onnx.InputTensor(0).shape, tuples = onnx.InputTensor(1).shape;
  const auto count = tuples.empty() ? size_t{0} : static_cast<size_t>(tuples.back());
  if (count == 0 || batch >= tuples.size() || batch + count > data.size()) {
    Fail(ErrorKind::kUnusable, "indices of shape " + ToText(tuples) + " for shape " + ToText(data));
  }
  Ints dims, strides;
  for (size_t k = batch; k < batch + count; ++k) {
    dims.push_back(data[k]);
    strides.push_back(Product(data, k + 1, batch + count));
  }
  const auto size = static_cast<int64_t>(count);
  const TensorId parts =
      onnx.Emit(Mul{}, {EmitFromFront(onnx, dims), AddInts(onnx, {size}, strides)});
  const auto last = static_cast<int>(tuples.size()) - 1;
  const TensorId rows = onnx.Emit(Sum{{last}, false}, {parts});
  if (batch == 0) return rows;
  Shape block(tuples.begin(), tuples.end() - 1);
  const int64_t per_batch = Product(data, batch, batch + count);
  const int64_t rows_per_batch = Product(block, batch, block.size());
  Ints begins(static_cast<size_t>(NumElements(block)));
  for (size_t i = 0; i < begins.size(); ++i) {
    begins[i] = static_cast<int64_t>(i) / rows_per_batch * per_batch;
  }
  return onnx.Emit(Add{}, {rows, AddInts(onnx, block, std::move(begins))});
}

/// Updates of rows in rounds: each row has at most one update in a round.
std::vector<std::map<int64_t, int64_t>> RoundsOf(const Ints& rows) {
  std::vector<std::map<int64_t, int64_t>> rounds;
  std::map<int64_t, size_t> seen;
  for (size_t update = 0; update < rows.size(); ++update) {
    const size_t round = seen[rows[update]]++;
    if (round == rounds.size()) rounds.emplace_back();
    rounds[round][rows[update]] = static_cast<int64_t>(update);
  }
  return rounds;
}

/// Emits a table in which each row that has an update is that update, the others rows of `rest`.
TensorId EmitUpdated(OnnxNode& onnx, TensorId rest, TensorId updates,
                     const std::map<int64_t, int64_t>& round) {
  const int64_t count = onnx.tensor(rest).shape[0];
  Ints sources(static_cast<size_t>(count));
  std::iota(sources.begin(), sources.end(), int64_t{0});
  for (const auto& [row, update] : round) sources[static_cast<size_t>(row)] = count + update;
  const TensorId both = onnx.Emit(Concat{0}, {rest, updates});
  return EmitPicked(onnx, both, 0, AddInts(onnx, {count}, std::move(sources)));
}

TensorId EmitNeutral(OnnxNode& onnx, const Tensor& like, float value) {
  const ElementType type = like.type;
  const Shape shape = like.shape;
  const TensorId number = onnx.AddConstant(
      MakeConstantTensor<float>(onnx.name() + "_neutral", Shape(shape.size(), 1), {value}));
  const TensorId typed = type == ElementType::kFloat32 ? number : onnx.Emit(Cast{type}, {number});
  return onnx.Emit(BroadcastTo{shape}, {typed});
}

/// Emits one round of updates that are combined with what is there.
TensorId EmitReduced(OnnxNode& onnx, const std::string& reduction, TensorId table, TensorId updates,
                     const std::map<int64_t, int64_t>& round) {
  if (reduction == "max" || reduction == "min") {
    const TensorId other = EmitUpdated(onnx, table, updates, round);
    return reduction == "max" ? onnx.Emit(Maximum{}, {table, other})
                              : onnx.Emit(Minimum{}, {table, other});
  }
  const bool adds = reduction == "add";
  if (!adds && reduction != "mul") Fail(ErrorKind::kUnusable, "reduction '" + reduction + "'");
  const TensorId neutral = EmitNeutral(onnx, onnx.tensor(table), adds ? 0.0F : 1.0F);
  const TensorId other = EmitUpdated(onnx, neutral, updates, round);
  return adds ? onnx.Emit(Add{}, {table, other}) : onnx.Emit(Mul{}, {table, other});
}

/// Emits the operand with rows updated.
///   table    the operand's shape with its first axes made one
///   rows     of the table, constant
void ScatterRows(OnnxNode& onnx, const Shape& table, TensorId rows, Shape updates_shape) {
  constexpr size_t kMostRounds = 64;
  const Shape shape = onnx.InputTensor(0).shape;
  if (!onnx.tensor(rows).is_constant()) {
    onnx.Refuse("its indices are computed, and TFLite's SCATTER_ND leaves nothing as it is");
  }
  const std::string reduction = onnx.String("reduction", "none");
  const auto rounds = RoundsOf(IntValues(onnx.tensor(rows)));
  if (rounds.size() > kMostRounds) onnx.Refuse("more than 64 updates of the same element");
  TensorId result = onnx.EmitReshape(onnx.Input(0), table);
  const TensorId updates = onnx.EmitReshape(onnx.Input(2), std::move(updates_shape));
  for (const auto& round : rounds) {
    result = reduction == "none" ? EmitUpdated(onnx, result, updates, round)
                                 : EmitReduced(onnx, reduction, result, updates, round);
  }
  onnx.SetOutput(0, onnx.EmitReshape(result, shape));
}

}  // namespace

void ReadGatherElements(OnnxNode& onnx) {
  const size_t axis = ElementsAxis(onnx, 0);
  const int64_t count = onnx.InputTensor(0).elements();
  const Shape shape = onnx.InputTensor(1).shape;
  onnx.SetOutput(0, EmitRows(onnx, onnx.Input(0), {count}, EmitPlaces(onnx, axis), shape));
}

void ReadGatherNd(OnnxNode& onnx) {
  const Shape data = onnx.InputTensor(0).shape, tuples = onnx.InputTensor(1).shape;
  const auto batch = static_cast<size_t>(std::clamp<int64_t>(onnx.Int("batch_dims", 0), 0, 64));
  const TensorId rows = EmitTupleRows(onnx, batch);
  const size_t picked = batch + static_cast<size_t>(tuples.back());
  const auto rest = data.begin() + static_cast<std::ptrdiff_t>(picked);
  Shape table = {Product(data, 0, picked)};
  table.insert(table.end(), rest, data.end());
  Shape result(tuples.begin(), tuples.end() - 1);
  result.insert(result.end(), rest, data.end());
  onnx.SetOutput(0, EmitRows(onnx, onnx.Input(0), std::move(table), rows, std::move(result)));
}

void ReadScatterElements(OnnxNode& onnx) {
  const size_t axis = ElementsAxis(onnx, 0);
  const int64_t updates = onnx.InputTensor(1).elements();
  if (onnx.InputTensor(2).shape != onnx.InputTensor(1).shape) {
    Fail(ErrorKind::kUnusable, "updates and indices differ in shape");
  }
  ScatterRows(onnx, {onnx.InputTensor(0).elements()}, EmitPlaces(onnx, axis), {updates});
}

void ReadScatterNd(OnnxNode& onnx) {
  const Shape data = onnx.InputTensor(0).shape, tuples = onnx.InputTensor(1).shape;
  const TensorId rows = EmitTupleRows(onnx, 0);
  const auto picked = static_cast<size_t>(tuples.back());
  const auto rest = data.begin() + static_cast<std::ptrdiff_t>(picked);
  Shape table = {Product(data, 0, picked)}, updates = {onnx.tensor(rows).elements()};
  table.insert(table.end(), rest, data.end());
  updates.insert(updates.end(), rest, data.end());
  ScatterRows(onnx, table, rows, std::move(updates));
}

/// What is picked has a shape of its own, so the condition must be known.
void ReadCompress(OnnxNode& onnx) {
  const Tensor& condition = onnx.InputTensor(1);
  if (!condition.is_constant() || condition.type != ElementType::kBool) {
    onnx.Refuse("its condition is computed, so its result has no fixed shape");
  }
  Ints picked;
  for (size_t i = 0; i < condition.bytes(); ++i) {
    if (condition.Values<uint8_t>()[i] != 0) picked.push_back(static_cast<int64_t>(i));
  }
  if (picked.empty()) onnx.Refuse("it picks nothing");
  const bool flat = !onnx.Has("axis");
  const size_t rank = onnx.InputTensor(0).rank();
  const int axis = flat ? 0 : NormalizeAxis(onnx.Int("axis", 0), rank);
  const int64_t count = onnx.InputTensor(0).elements();
  const TensorId x = flat ? onnx.EmitReshape(onnx.Input(0), {count}) : onnx.Input(0);
  const auto rows = static_cast<int64_t>(picked.size());
  onnx.SetOutput(0, EmitPicked(onnx, x, axis, AddInts(onnx, {rows}, std::move(picked))));
}

/// Turns the first elements of each sequence round.
void ReadReverseSequence(OnnxNode& onnx) {
  const Shape shape = onnx.InputTensor(0).shape;
  const auto time = static_cast<size_t>(NormalizeAxis(onnx.Int("time_axis", 0), shape.size()));
  const auto batch = static_cast<size_t>(NormalizeAxis(onnx.Int("batch_axis", 1), shape.size()));
  const Ints lengths = onnx.ConstantInts(1);
  if (static_cast<int64_t>(lengths.size()) != shape[batch] || time == batch) {
    Fail(ErrorKind::kUnusable, "its lengths do not fit shape " + ToText(shape));
  }
  const Ints strides = RowMajorStrides(shape);
  Ints sources(static_cast<size_t>(NumElements(shape)));
  for (size_t i = 0; i < sources.size(); ++i) {
    const auto place = static_cast<int64_t>(i);
    const int64_t at = place / strides[time] % shape[time];
    const int64_t length = lengths[static_cast<size_t>(place / strides[batch] % shape[batch])];
    if (length < 0 || length > shape[time]) Fail(ErrorKind::kUnusable, "a length out of range");
    sources[i] = at < length ? place + (length - 1 - 2 * at) * strides[time] : place;
  }
  const int64_t count = NumElements(shape);
  onnx.SetOutput(
      0, EmitRows(onnx, onnx.Input(0), {count}, AddInts(onnx, {count}, std::move(sources)), shape));
}

}  // namespace qconvert
