// What a file is that was given in place of a model, by its first bytes: for messages.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace qconvert {

/// Returns what a file is, such as "a TFLite file", and where it helps what to do; empty when its
/// first bytes say nothing.
std::string FileKind(std::span<const std::byte> bytes);

}  // namespace qconvert
