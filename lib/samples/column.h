// The samples of one input, by the kind of file that holds them. sample_set.cc finds out which it
// is and puts columns side by side.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/mapped_file.h"
#include "lib/samples/array.h"
#include "lib/samples/sample_set.h"

namespace qconvert {

/// Values of one input; Read may be called from several threads.
class Column {
 public:
  virtual ~Column() = default;
  virtual size_t size() const = 0;
  virtual std::string name(size_t i) const = 0;
  /// Returns what an error calls sample i: the whole path of a file of its own.
  virtual std::string source(size_t i) const { return name(i); }
  /// Throws Error(kUnusable) when sample i is damaged or does not fit the input.
  virtual std::vector<std::byte> Read(size_t i) const = 0;
  /// Returns the picture that sample i is made of; nothing when it is none.
  virtual std::optional<Picture> Look(size_t) const { return std::nullopt; }
};

/// Pictures, named by their paths below `root`.
std::unique_ptr<Column> MakePictureColumn(std::filesystem::path root,
                                          std::vector<std::filesystem::path> files,
                                          const SampleInput& input,
                                          const Preprocessing& preprocessing);

/// Throws Error(kUnusable) when an array of this shape is neither a sample of the input nor has an
/// axis in front that counts samples.
void RequireSamples(const Shape& array, const SampleInput& input);

/// An array whose first axis counts the samples, or that is one sample.
///   file  what the array's bytes lie in; null when they were inflated
///   Throws Error(kUnusable) when there are none.
std::unique_ptr<Column> MakeArrayColumn(const std::string& name, const Array& array,
                                        const SampleInput& input,
                                        std::shared_ptr<const MappedFile> file = nullptr);

/// IDX pictures, [N,H,W] unsigned bytes, preprocessed like files.
///   Throws Error(kUnusable) when the array has another shape.
std::unique_ptr<Column> MakeIdxColumn(const std::string& name, const Array& array,
                                      const SampleInput& input, const Preprocessing& preprocessing);

/// One ONNX tensor file per sample.
std::unique_ptr<Column> MakeProtoColumn(std::vector<std::filesystem::path> files,
                                        const SampleInput& input);

}  // namespace qconvert
