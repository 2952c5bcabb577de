// The caches of the machine, as the kernel tells them. Comes before roofline.cc, which measures how
// fast they are read.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace qconvert {

/// A cache that holds data. Those of the first two levels belong to a core each, the others to all.
struct Cache {
  int level = 0;
  size_t bytes = 0;
};

/// Returns the data caches of a core, the nearest first; where the kernel does not tell them, three
/// levels of common sizes.
///   folder  what has a folder index0, index1, ... for each cache
std::vector<Cache> DataCaches(
    const std::filesystem::path& folder = "/sys/devices/system/cpu/cpu0/cache");

}  // namespace qconvert
