// Which file a path leads to, however it is spelled. output_paths.h compares outputs with inputs by
// it before anything is written.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace qconvert {

/// A file that exists, or the place where one would be created.
struct FileIdentity {
  uint64_t device = 0, inode = 0;  ///< of the file, else of the nearest folder above that exists
  std::string rest;                ///< path below that folder; empty: the file exists

  friend auto operator<=>(const FileIdentity&, const FileIdentity&) = default;
};

/// Returns what `path` leads to, links followed. Hard links to one file are the same.
FileIdentity IdentityOf(const std::string& path);

/// Returns what an open descriptor leads to; all zeros when it is not open.
FileIdentity IdentityOf(int descriptor);

/// Returns whether `path` is /dev/null by any name: what is written there overwrites nothing.
bool IsNullDevice(const std::string& path);

}  // namespace qconvert
