// Bytes that several hold. The writer of TFLite files (tflite/) makes them; what comes after reads
// them, keeps them beside others, and writes them to a file.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace qconvert {

/// Bytes that live as long as somebody points to them.
using SharedBytes = std::shared_ptr<const std::span<const std::byte>>;

/// Shares bytes together with what owns them.
///   bytes  which stay where they are when `owner` is moved
template <typename Owner>
SharedBytes ShareBytes(std::span<const std::byte> bytes, Owner owner) {
  struct Held {
    Owner owner;
    std::span<const std::byte> bytes;
  };
  const auto held = std::make_shared<const Held>(Held{std::move(owner), bytes});
  return {held, &held->bytes};
}

}  // namespace qconvert
