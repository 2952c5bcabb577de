// Arrays of numbers in files: .npy, .npz, ONNX TensorProto and IDX.
#pragma once

#include <cstddef>
#include <cstdint>
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

/// Reads an .npz: a zip of .npy members, stored or deflated. Keys have no ".npy".
///   Throws Error(kUnusable) when the archive is damaged.
std::map<std::string, Array> ReadNpz(std::span<const std::byte> bytes,
                                     std::shared_ptr<const void> owner);

/// Reads a serialized ONNX TensorProto.
///   Throws Error(kUnusable) when the bytes are damaged or of a type we do not hold.
Array ReadTensorProto(std::span<const std::byte> bytes);

/// Reads IDX, the format of MNIST, gzipped or not: uint8 values.
///   Throws Error(kUnusable) when the bytes are damaged.
Array ReadIdx(std::span<const std::byte> bytes, std::shared_ptr<const void> owner);

/// Returns the values as float32, and integers and bools as they are: what a model's input takes.
Array AsType(const Array& array, ElementType type);

}  // namespace qconvert
