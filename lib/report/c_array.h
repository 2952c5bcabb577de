// The bytes of a file as C source, for devices without files.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "lib/qconvert.h"

namespace qconvert {

/// Returns a header for C11 and C++11: a constant array of the file's bytes, aligned to 16 bytes as
/// TensorFlow Lite Micro wants it, and its length. A comment says what the network takes of memory
/// and which operators the interpreter must know.
///   name  becomes the array's name, where its characters can stand in one
std::string ToCArray(const std::string& name, std::span<const std::byte> bytes,
                     const DemandsSummary& demands);

}  // namespace qconvert
