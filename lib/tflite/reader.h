// A TFLite file -> Graph: what we wrote, and what other tools wrote. passes/ (load list) and
// runner/ come after it.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "lib/graph/graph.h"

namespace qconvert {

/// Reads the file at `path`; constants stay in the mapped file.
///   result  the graph of subgraph 0, with the signature's names and our metadata (without the
///           "qconvert." in front)
///   Throws Error(kUnusable) when the bytes are not a valid TFLite file, Error(kUnsupported),
///   listing every such operator, when it uses operators that we do not read.
Graph ReadTflite(const std::string& path);

/// Reads a file held in memory; `owner` keeps `bytes` alive for the constants.
Graph ReadTflite(std::span<const std::byte> bytes, std::shared_ptr<const void> owner);

}  // namespace qconvert
