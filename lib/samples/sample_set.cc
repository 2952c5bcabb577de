#include "lib/samples/sample_set.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/base/mapped_file.h"
#include "lib/base/printable.h"
#include "lib/samples/array.h"
#include "lib/samples/column.h"
#include "lib/samples/picture_notes.h"

namespace qconvert {
namespace {

namespace fs = std::filesystem;

/// Columns of equal length, thinned out to a limit.
class ColumnSet : public SampleSet {
 public:
  ColumnSet(std::vector<std::unique_ptr<Column>> columns, size_t limit)
      : columns_(std::move(columns)), available_(columns_.front()->size()) {
    for (const auto& column : columns_) {
      if (column->size() != available_) {
        Fail(ErrorKind::kUnusable,
             "the inputs have different numbers of samples: " + std::to_string(available_) +
                 " and " + std::to_string(column->size()));
      }
    }
    if (available_ == 0) Fail(ErrorKind::kUnusable, "there are no samples");
    size_ = limit == 0 ? available_ : std::min(limit, available_);
  }

  size_t size() const override { return size_; }
  size_t available() const override { return available_; }
  size_t place(size_t i) const override { return i * available_ / size_; }
  std::string name(size_t i) const override { return Printable(columns_.front()->name(place(i))); }
  std::vector<std::vector<std::byte>> Read(size_t i) const override {
    std::vector<std::vector<std::byte>> values;
    for (const auto& column : columns_) {
      try {
        values.push_back(column->Read(place(i)));
      } catch (const Error& error) {
        throw error.WithContext(Named(*column, i));
      }
    }
    return values;
  }
  std::optional<Picture> Look(size_t i) const override {
    const Column& column = *columns_.front();
    try {
      return column.Look(place(i));
    } catch (const Error& error) {
      throw error.WithContext(Named(column, i));
    }
  }

 private:
  /// Returns sample i as errors name it.
  std::string Named(const Column& column, size_t i) const {
    return "sample '" + Printable(column.source(place(i))) + "'";
  }

  std::vector<std::unique_ptr<Column>> columns_;
  size_t available_, size_ = 0;
};

std::vector<fs::path> SortedEntries(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> entries;
  for (const auto& entry : fs::directory_iterator(folder, error)) entries.push_back(entry.path());
  if (error) {
    Fail(ErrorKind::kUnusable, "cannot read '" + folder.string() + "': " + error.message());
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

/// Adds a folder's pictures. Links are followed, but into no folder of `seen`: they may be circles.
void CollectPictures(const fs::path& folder, std::set<fs::path>& seen,
                     std::vector<fs::path>& files) {
  if (!seen.insert(fs::canonical(folder)).second) return;
  for (const fs::path& entry : SortedEntries(folder)) {
    std::error_code broken_link;
    const fs::file_status status = fs::status(entry, broken_link);
    if (fs::is_directory(status)) CollectPictures(entry, seen, files);
    if (fs::is_regular_file(status) && IsPictureName(entry.string())) files.push_back(entry);
  }
}

std::vector<fs::path> TestSets(const fs::path& folder) {
  std::vector<fs::path> sets;
  for (const fs::path& entry : SortedEntries(folder)) {
    const bool named = entry.filename().string().rfind("test_data_set_", 0) == 0;
    std::error_code broken_link;
    if (named && fs::exists(entry / "input_0.pb", broken_link)) sets.push_back(entry);
  }
  return sets;
}

std::vector<std::unique_ptr<Column>> OpenProtoFolders(const std::vector<fs::path>& folders,
                                                      const std::vector<SampleInput>& inputs) {
  std::vector<std::unique_ptr<Column>> columns;
  for (size_t k = 0; k < inputs.size(); ++k) {
    std::vector<fs::path> files;
    for (const fs::path& folder : folders) {
      files.push_back(folder / ("input_" + std::to_string(k) + ".pb"));
    }
    columns.push_back(MakeProtoColumn(std::move(files), inputs[k]));
  }
  return columns;
}

bool IsIdx(std::span<const std::byte> bytes, const fs::path& path) {
  const std::string name = path.filename().string();
  const bool magic = bytes.size() > 4 && bytes[0] == std::byte{0} && bytes[1] == std::byte{0};
  return magic || name.ends_with("-ubyte.gz") || name.ends_with("-ubyte") || name.ends_with(".idx");
}

std::unique_ptr<Column> OpenFile(const fs::path& path, const SampleInput& input,
                                 const Preprocessing& preprocessing) {
  const std::string name = path.filename().string();
  if (IsPictureName(name)) {
    return MakePictureColumn(path.parent_path(), std::vector<fs::path>{path}, input, preprocessing);
  }
  const auto file = MappedFile::Open(path.string());
  try {
    if (name.ends_with(".npy")) {
      return MakeArrayColumn(name, ReadNpy(file->bytes(), file), input, file);
    }
    if (name.ends_with(".pb")) {
      return MakeProtoColumn(std::vector<fs::path>{path}, input);
    }
    if (IsIdx(file->bytes(), path)) {
      return MakeIdxColumn(name, ReadIdx(file->bytes(), file), input, preprocessing);
    }
  } catch (const Error& error) {
    throw error.WithContext("'" + path.string() + "'");
  }
  Fail(ErrorKind::kUnusable,
       "'" + path.string() + "' is none of: JPEG, PNG, .npy, .npz, IDX, ONNX tensor (.pb)");
}

std::vector<fs::path> PicturesOf(const fs::path& folder) {
  std::set<fs::path> seen;
  std::vector<fs::path> files;
  CollectPictures(folder, seen, files);
  return files;
}

std::unique_ptr<Column> OpenPictures(const fs::path& folder, const SampleInput& input,
                                     const Preprocessing& preprocessing) {
  std::vector<fs::path> files = PicturesOf(folder);
  if (files.empty()) {
    const std::string others = OtherPictures({folder.string()});
    Fail(ErrorKind::kUnusable, "'" + folder.string() + "' holds no JPEG or PNG picture" +
                                   (others.empty() ? "" : ", but " + others));
  }
  return MakePictureColumn(folder, std::move(files), input, preprocessing);
}

std::vector<std::unique_ptr<Column>> OpenNpz(const fs::path& path,
                                             const std::vector<SampleInput>& inputs) {
  const auto file = MappedFile::Open(path.string());
  std::vector<std::unique_ptr<Column>> columns;
  try {
    std::map<std::string, ShapeCheck> wanted;
    for (const SampleInput& input : inputs) {
      wanted[input.name] = [&input](const Shape& shape) { RequireSamples(shape, input); };
    }
    const std::map<std::string, Array> arrays = ReadNpz(file->bytes(), file, wanted);
    for (const SampleInput& input : inputs) {
      const auto found = arrays.find(input.name);
      if (found == arrays.end()) {
        Fail(ErrorKind::kUnusable,
             fmt::format("it has no array named like the input '{}', but '{}'", input.name,
                         fmt::join(NpzKeys(file->bytes()), "', '")));
      }
      columns.push_back(MakeArrayColumn(input.name, found->second, input));
    }
  } catch (const Error& error) {
    throw error.WithContext("'" + path.string() + "'");
  }
  return columns;
}

std::unique_ptr<Column> OpenColumn(const fs::path& path, const SampleInput& input,
                                   const Preprocessing& preprocessing) {
  return fs::is_directory(path) ? OpenPictures(path, input, preprocessing)
                                : OpenFile(path, input, preprocessing);
}

/// Opens a path that holds the values of every input.
std::vector<std::unique_ptr<Column>> OpenAllInputs(const fs::path& path,
                                                   const std::vector<SampleInput>& inputs,
                                                   const Preprocessing& preprocessing) {
  if (path.extension() == ".npz") return OpenNpz(path, inputs);
  if (fs::is_directory(path)) {
    if (fs::exists(path / "input_0.pb")) return OpenProtoFolders({path}, inputs);
    const std::vector<fs::path> sets = TestSets(path);
    if (!sets.empty()) return OpenProtoFolders(sets, inputs);
  }
  if (inputs.size() != 1) {
    Fail(ErrorKind::kUsage, "the model has " + std::to_string(inputs.size()) +
                                " inputs: give --data NAME=PATH for each, or one .npz");
  }
  std::vector<std::unique_ptr<Column>> columns;
  columns.push_back(OpenColumn(path, inputs[0], preprocessing));
  return columns;
}

/// Splits "NAME=PATH" when NAME is an input.
std::optional<std::pair<size_t, std::string>> SplitName(const std::string& text,
                                                        const std::vector<SampleInput>& inputs) {
  for (size_t k = 0; k < inputs.size(); ++k) {
    const std::string& name = inputs[k].name;
    if (text.size() > name.size() && text[name.size()] == '=' && text.rfind(name, 0) == 0) {
      return std::pair{k, text.substr(name.size() + 1)};
    }
  }
  return std::nullopt;
}

/// Returns what OpenColumn reads.
std::vector<fs::path> FilesOfColumn(const fs::path& path) {
  std::error_code missing;
  return fs::is_directory(path, missing) ? PicturesOf(path) : std::vector<fs::path>{path};
}

/// Returns what OpenAllInputs reads, and what else such folders hold of their samples.
std::vector<fs::path> FilesOfAllInputs(const fs::path& path) {
  std::error_code missing;
  if (!fs::is_directory(path, missing)) return {path};
  std::vector<fs::path> folders = TestSets(path), files;
  if (fs::exists(path / "input_0.pb", missing)) folders = {path};
  if (folders.empty()) return PicturesOf(path);
  for (const fs::path& folder : folders) {
    for (const fs::path& entry : SortedEntries(folder)) {
      if (entry.extension() == ".pb") files.push_back(entry);
    }
  }
  return files;
}

/// Returns why a path that is not there may have been meant as an input's; nothing where it may
/// not.
std::string WrongInput(const std::string& path, const std::vector<SampleInput>& inputs) {
  const size_t end = path.find('=');
  std::error_code error;
  if (end == std::string::npos || !fs::exists(path.substr(end + 1), error)) return "";
  std::string names;
  for (const SampleInput& input : inputs) names += " '" + input.name + "'";
  return "--data '" + path + "': the model has no input '" + path.substr(0, end) + "', but" + names;
}

void RequireExists(const std::string& path, const std::vector<SampleInput>& inputs) {
  std::error_code error;
  if (fs::exists(path, error)) return;
  if (const std::string why = WrongInput(path, inputs); !why.empty()) Fail(ErrorKind::kUsage, why);
  Fail(ErrorKind::kUnusable, "cannot read samples '" + path + "': no such file or folder");
}

}  // namespace

std::unique_ptr<SampleSet> OpenSamples(const std::vector<std::string>& paths,
                                       const std::vector<SampleInput>& inputs,
                                       const Preprocessing& preprocessing, size_t limit) {
  if (inputs.empty()) Fail(ErrorKind::kUsage, "--data: the model has no inputs to feed");
  if (paths.size() == 1 && !SplitName(paths[0], inputs)) {
    RequireExists(paths[0], inputs);
    return std::make_unique<ColumnSet>(OpenAllInputs(paths[0], inputs, preprocessing), limit);
  }
  std::vector<std::unique_ptr<Column>> columns(inputs.size());
  for (const std::string& path : paths) {
    const auto split = SplitName(path, inputs);
    if (!split) {
      Fail(ErrorKind::kUsage, "--data '" + path + "' does not begin with an input's name and '='");
    }
    RequireExists(split->second, inputs);
    columns[split->first] = OpenColumn(split->second, inputs[split->first], preprocessing);
  }
  for (size_t k = 0; k < inputs.size(); ++k) {
    if (!columns[k]) Fail(ErrorKind::kUsage, "no --data for the input '" + inputs[k].name + "'");
  }
  return std::make_unique<ColumnSet>(std::move(columns), limit);
}

std::vector<std::string> SampleFiles(const std::string& path) {
  std::vector<fs::path> files = FilesOfAllInputs(path);
  for (size_t at = path.find('='); at != std::string::npos; at = path.find('=', at + 1)) {
    const std::vector<fs::path> named = FilesOfColumn(path.substr(at + 1));
    files.insert(files.end(), named.begin(), named.end());
  }
  std::vector<std::string> names;
  for (const fs::path& file : files) names.push_back(file.string());
  return names;
}

std::vector<std::string> FindTestVectors(const std::string& model_path) {
  const fs::path parent = fs::path(model_path).parent_path();
  std::vector<std::string> found;
  for (const fs::path& set : TestSets(parent.empty() ? fs::path(".") : parent)) {
    found.push_back(set.string());
  }
  return found;
}

}  // namespace qconvert
