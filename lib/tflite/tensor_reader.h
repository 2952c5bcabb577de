// Reads the tensors of a TFLite file: types, shapes, parameters and the bytes of constants.
// reader.cc makes a graph of them.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "lib/base/mapped_file.h"
#include "lib/graph/tensor.h"

namespace tflite {
struct Model;
struct Tensor;
}  // namespace tflite

namespace qconvert {

/// A verified file and who owns its bytes.
struct TfliteBytes {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
  const MappedFile* mapped = nullptr;  ///< null when the bytes lie in memory
  const tflite::Model* model = nullptr;
};

/// Returns a buffer's bytes, in the flatbuffer or behind it.
///   Throws Error(kUnusable) when there are none.
std::span<const std::byte> BufferBytes(const TfliteBytes& file, uint32_t index);

/// Reads everything of a tensor but its name; constants stay where they lie, if they are aligned.
///   Throws Error(kUnusable) when it is damaged, Error(kUnsupported) when we cannot represent it.
void ReadTensor(const TfliteBytes& file, const tflite::Tensor& source, Tensor& tensor);

}  // namespace qconvert
