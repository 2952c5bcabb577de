// A file's bytes, mapped for reading. Readers (onnx/, samples/, tflite/) look at them; constants of
// a graph may point into them and share the ownership.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "lib/base/cut_files.h"

namespace qconvert {

/// A read-only mapping of a whole file.
class MappedFile {
 public:
  /// Maps the file at `path`; an empty file gives no bytes.
  ///   Throws Error(kUnusable) when it cannot be opened, or is not a regular file.
  static std::shared_ptr<const MappedFile> Open(const std::string& path);

  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return {data_, size_}; }

  /// Lets `part` of the bytes leave memory until somebody reads them again.
  void Release(std::span<const std::byte> part) const;

 private:
  MappedFile() = default;

  const std::byte* data_ = nullptr;
  size_t size_ = 0;
  std::optional<NotedMapping> noted_;
};

}  // namespace qconvert
