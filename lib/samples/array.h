// Arrays of numbers in files: .npy, .npz, ONNX TensorProto and IDX.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "lib/graph/element_type.h"
#include "lib/graph/shape.h"

namespace qconvert {

/// A row-major array; `owner` keeps its bytes alive.
struct Array {
  ElementType type = ElementType::kFloat32;
  Shape shape;
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
};

/// Reads numpy's .npy format, little-endian, C order.
///   Throws Error(kUnusable) when the bytes are damaged or hold another kind of array.
Array ReadNpy(std::span<const std::byte> bytes, std::shared_ptr<const void> owner);

/// Throws when an array of this shape is of no use; null: all are.
using ShapeCheck = std::function<void(const Shape& shape)>;

/// Reads arrays of an .npz, a zip of .npy members, stored or deflated. Keys have no ".npy".
///   wanted  the names of the arrays to read, each with what throws when its shape will not do,
///           which is asked before an array is decompressed; the archive may lack some and hold
///           others, of any kind
///   Throws Error(kUnusable) when the archive or one of these members is damaged.
std::map<std::string, Array> ReadNpz(std::span<const std::byte> bytes,
                                     std::shared_ptr<const void> owner,
                                     const std::map<std::string, ShapeCheck>& wanted);

/// Returns the names of all arrays of an .npz.
///   Throws Error(kUnusable) when the archive is damaged.
std::vector<std::string> NpzKeys(std::span<const std::byte> bytes);

/// Reads a serialized ONNX TensorProto.
///   Throws Error(kUnusable) when the bytes are damaged or of a type we do not hold.
Array ReadTensorProto(std::span<const std::byte> bytes);

/// Reads IDX, the format of MNIST, gzipped or not: uint8 values.
///   Throws Error(kUnusable) when the bytes are damaged.
Array ReadIdx(std::span<const std::byte> bytes, std::shared_ptr<const void> owner);

/// Returns the values in the type that a model's input takes.
///   Throws Error(kUnusable) when that is an integer type and a value is none of its numbers.
Array AsType(const Array& array, ElementType type);

}  // namespace qconvert
