// Files that shrink while they are mapped: a script that writes its export again, a network share.
// mapped_file.cc notes what is mapped; loops ask through interrupt.h whether a file was cut.
#pragma once

#include <cstddef>
#include <string>

namespace qconvert {

/// Makes a read behind the end of a mapped file that was cut off after it was mapped give zeros;
/// SIGBUS ends the process otherwise.
void SurviveCutFiles();

/// Throws Error(kUnusable) naming a mapped file that was read behind its end, or was found shorter
/// when its mapping ended.
void ThrowIfCut();

/// Throws the same, also for files that are mapped and shorter by now: reads in what is left of
/// their last page give zeros without a signal.
void RequireWholeFiles();

struct Mapping;

/// Notes, as long as it lives, that `size` bytes at `bytes` map the file at `path`.
class NotedMapping {
 public:
  NotedMapping(const void* bytes, size_t size, const std::string& path);
  NotedMapping(const NotedMapping&) = delete;
  NotedMapping& operator=(const NotedMapping&) = delete;
  ~NotedMapping();

 private:
  Mapping* mapping_;
};

}  // namespace qconvert
