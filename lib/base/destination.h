// Where the bytes of an output go: links are followed before anything is written or compared.
// output_file.h writes to it.
#pragma once

#include <optional>
#include <string>

namespace qconvert {

/// The end of a chain of links.
struct Destination {
  std::string path;               ///< no link; need not exist
  std::optional<int> descriptor;  ///< of this process, which `path` is a name of: /proc/self/fd/3
};

/// Follows links until a path that is none: a file, a device, something to be created, or a
/// descriptor that this process has open (/dev/stdout, /dev/fd/3).
Destination DestinationOf(const std::string& path);

}  // namespace qconvert
