// One tensor of a graph: a value that flows between nodes, or a constant.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/check.h"
#include "lib/base/mapped_file.h"
#include "lib/graph/element_type.h"
#include "lib/graph/quant_params.h"
#include "lib/graph/shape.h"

namespace qconvert {

using TensorId = int32_t;
inline constexpr TensorId kNoTensor = -1;  ///< an optional input that is not given

/// Bytes of a constant, with whoever keeps them alive: a vector, or a mapped file.
struct Constant {
  std::shared_ptr<const void> owner;
  std::span<const std::byte> bytes;
  const MappedFile* file = nullptr;  ///< that they are mapped from, if they are
  /// The int8 parameters that a quantized model itself gives these reals: one pair, or one for each
  /// channel, in order, along whichever axis. Null: it gives none.
  std::shared_ptr<const QuantParams> grid = nullptr;
};

/// A tensor's name, type, shape and, for a constant, its row-major values.
struct Tensor {
  std::string name;
  ElementType type = ElementType::kFloat32;
  Shape shape;
  std::optional<QuantParams> quant = std::nullopt;  ///< set on quantized tensors only
  std::optional<Constant> constant = std::nullopt;

  bool is_constant() const { return constant.has_value(); }
  bool is_float() const { return type == ElementType::kFloat32; }
  size_t rank() const { return shape.size(); }
  int64_t elements() const { return NumElements(shape); }
  size_t bytes() const { return static_cast<size_t>(elements()) * ElementBytes(type); }

  /// Returns a constant's values; T must be the C++ type of `type` (int8_t for kInt4).
  template <typename T>
  std::span<const T> Values() const {
    Check(is_constant(), "Values() of a tensor that is not constant");
    Check(sizeof(T) == ElementBytes(type), "Values() with the wrong element size");
    return {reinterpret_cast<const T*>(constant->bytes.data()), constant->bytes.size() / sizeof(T)};
  }
};

/// Makes a constant that owns `values`.
template <typename T>
Constant MakeConstant(std::vector<T> values) {
  auto owner = std::make_shared<const std::vector<T>>(std::move(values));
  return {owner, std::as_bytes(std::span<const T>(*owner))};
}

/// Makes a constant tensor of shape `shape` that owns `values` (row-major).
template <typename T>
Tensor MakeConstantTensor(std::string name, Shape shape, std::vector<T> values) {
  Check(NumElements(shape) == static_cast<int64_t>(values.size()), "constant of the wrong length");
  return {std::move(name), kElementTypeOf<T>, std::move(shape), std::nullopt,
          MakeConstant(std::move(values))};
}

/// Returns the values of an integer constant (int32 or int64) widened to int64.
std::vector<int64_t> IntValues(const Tensor& tensor);

}  // namespace qconvert
