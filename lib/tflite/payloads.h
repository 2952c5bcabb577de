// Constants that stand behind the flatbuffer of a TFLite file (schema 3c), because its own offsets
// have 31 bits. writer.cc makes the flatbuffer before them.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "lib/base/shared_bytes.h"
#include "lib/graph/tensor.h"

namespace qconvert {

/// The constants of one file in the order in which they will stand, at multiples of 16 bytes.
class Payloads {
 public:
  /// The place in a buffer's table before it is known: only larger ones count, and a 0 would not be
  /// stored.
  static constexpr uint64_t kPlaceToCome = 1;

  /// Takes a constant of at least one byte.
  ///   buffer  its number in the model, whose table says its size
  void Add(uint32_t buffer, Constant payload) {
    payloads_.emplace_back(buffer, std::move(payload));
  }

  /// Returns the file: a finished flatbuffer, in which the places are filled in, and the constants.
  /// Each is let go once it is copied.
  SharedBytes AppendTo(std::span<std::byte> structure);

 private:
  size_t Place(std::span<std::byte> structure) const;

  std::vector<std::pair<uint32_t, Constant>> payloads_;  // with the buffers that they belong to
};

}  // namespace qconvert
