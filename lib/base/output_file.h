// Writes result files so that a reader never sees half of one.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace qconvert {

/// Writes `bytes` to a temporary file and renames it to what `path` leads to: a link stays, its
/// target is replaced and keeps its permissions. When anything fails the temporary file is removed
/// and what stood at `path` is untouched. Devices, pipes and open descriptors (/dev/stdout) are
/// written to as they are; "-" is the standard output.
///   Throws Error(kIo) with the system's reason: disk full, no such folder, not permitted.
void WriteFile(const std::string& path, std::span<const std::byte> bytes);
void WriteFile(const std::string& path, std::string_view text);

/// Checks that WriteFile could write to `path`, so that a long run does not end in vain.
///   Throws Error(kIo) as WriteFile does.
void RequireWritable(const std::string& path);

}  // namespace qconvert
