// Whether bytes that are no whole ONNX model are the beginning of one: for messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace qconvert {

/// Returns how many bytes a model's outermost fields say that it has, where that is more than there
/// are; nothing when the bytes are no beginning of a model.
std::optional<uint64_t> WholeModelBytes(std::span<const std::byte> bytes);

}  // namespace qconvert
