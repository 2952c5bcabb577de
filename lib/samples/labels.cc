#include "lib/samples/labels.h"

#include <algorithm>
#include <climits>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/base/mapped_file.h"
#include "lib/samples/array.h"
#include "lib/samples/label_rows.h"

namespace qconvert {
namespace {

namespace fs = std::filesystem;

struct Line {
  size_t number;  // from 1, as editors count
  std::string_view text;
};

/// Returns the lines that are not blank.
std::vector<Line> Lines(std::string_view text) {
  std::vector<Line> lines;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    const std::string_view line = Trimmed(text.substr(0, end));
    if (!line.empty()) lines.push_back({number, line});
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return lines;
}

[[noreturn]] void FailLine(const Line& line) {
  Fail(ErrorKind::kUnusable,
       fmt::format("line {}: '{}' is not a label; a line holds a class number "
                   "(from 0), or 'file,class'",
                   line.number, line.text.substr(0, 60)));
}

/// Labels without names are for all samples that there are, or for the chosen ones.
std::vector<int> InOrder(const std::vector<int>& labels, const SampleSet& samples) {
  if (labels.size() == samples.size()) return labels;
  if (labels.size() != samples.available()) {
    Fail(ErrorKind::kUnusable, "there are " + std::to_string(labels.size()) + " labels for " +
                                   std::to_string(samples.available()) + " samples");
  }
  std::vector<int> chosen;
  for (size_t i = 0; i < samples.size(); ++i) chosen.push_back(labels[samples.place(i)]);
  return chosen;
}

std::vector<int> FromList(const std::vector<Line>& lines, const SampleSet& samples) {
  std::vector<int> labels;
  for (const Line& line : lines) {
    const auto label = ParseClass(line.text);
    if (!label) FailLine(line);
    labels.push_back(*label);
  }
  return InOrder(labels, samples);
}

/// Throws for a sample that no row names, and shows how one names another.
[[noreturn]] void FailUnnamed(const std::string& sample, const std::string& example) {
  const std::string others =
      example.empty() ? "" : "; the file names samples like '" + example + "'";
  Fail(ErrorKind::kUnusable, "no label for sample '" + sample + "'" + others);
}

std::vector<int> FromRows(const std::vector<Line>& lines, const SampleSet& samples) {
  LabelTable table;
  for (size_t i = 0; i < lines.size(); ++i) {
    const auto row = ParseLabelRow(lines[i].text);
    if (!row && i == 0 && !ParseClass(lines[i].text)) continue;  // the header
    if (!row) FailLine(lines[i]);
    try {
      table.Add(*row);
    } catch (const Error& error) {
      throw error.WithContext(fmt::format("line {}", lines[i].number));
    }
  }
  std::vector<int> labels;
  for (size_t i = 0; i < samples.size(); ++i) {
    const auto label = table.Find(samples.name(i));
    if (!label) FailUnnamed(samples.name(i), table.example());
    labels.push_back(*label);
  }
  return labels;
}

std::set<std::string> SubFolders(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory()) names.insert(entry.path().filename().string());
  }
  if (names.empty()) Fail(ErrorKind::kUnusable, "it holds no class folders");
  return names;
}

[[noreturn]] void FailFolders(const std::set<std::string>& names, size_t classes) {
  Fail(
      ErrorKind::kUnusable,
      fmt::format("{} class folders ('{}' to '{}'), the network has {} classes; make a folder for "
                  "each class, empty or not, or name them by class numbers, 0 to {}, or give a CSV",
                  names.size(), *names.begin(), *names.rbegin(), classes, classes - 1));
}

/// Returns the class of each sub-folder by its place, or by its name when some classes have none.
std::map<std::string, int> ClassesByFolder(const std::set<std::string>& names, size_t classes) {
  std::map<std::string, int> by_folder;
  for (const std::string& name : names) {
    const auto number = ParseClass(name);
    const bool in_range = number && static_cast<size_t>(*number) < classes;
    if (names.size() != classes && !in_range) FailFolders(names, classes);
    const int place = static_cast<int>(by_folder.size());
    by_folder[name] = names.size() == classes ? place : *number;
  }
  return by_folder;
}

Labels FromFolders(const fs::path& folder, const SampleSet& samples, size_t classes) {
  const std::set<std::string> names = SubFolders(folder);
  const std::map<std::string, int> by_folder = ClassesByFolder(names, classes);
  Labels labels;
  labels.rule = fmt::format("{} class folders, {}", names.size(),
                            names.size() == classes ? "classes in the order of their names"
                                                    : "their names are class numbers");
  for (size_t i = 0; i < samples.size(); ++i) {
    const std::string name = samples.name(i);
    const auto found = by_folder.find(name.substr(0, name.find('/')));
    if (name.find('/') == std::string::npos || found == by_folder.end()) {
      Fail(ErrorKind::kUnusable, "sample '" + name + "' is in none of its class folders");
    }
    labels.classes.push_back(found->second);
  }
  return labels;
}

std::vector<int> FromIdx(const std::shared_ptr<const MappedFile>& file, const SampleSet& samples) {
  const Array array = ReadIdx(file->bytes(), file);
  if (array.shape.size() != 1) {
    Fail(ErrorKind::kUnusable, "its shape is " + ToText(array.shape) + ", labels have one axis");
  }
  std::vector<int> labels;
  for (std::byte label : array.bytes) labels.push_back(std::to_integer<int>(label));
  return InOrder(labels, samples);
}

template <typename T>
std::vector<int> Classes(const Array& array) {
  std::vector<int> labels(static_cast<size_t>(array.shape[0]));
  for (size_t i = 0; i < labels.size(); ++i) {
    T value = 0;
    std::memcpy(&value, array.bytes.data() + i * sizeof(T), sizeof(T));
    if (value < 0 || value > INT_MAX) {
      Fail(ErrorKind::kUnusable, fmt::format("[{}] is {}, which is no class", i, value));
    }
    labels[i] = static_cast<int>(value);
  }
  return labels;
}

std::vector<int> FromNpy(const std::shared_ptr<const MappedFile>& file, const SampleSet& samples) {
  const Array array = ReadNpy(file->bytes(), file);
  const bool wide = array.type == ElementType::kInt64;
  if (array.shape.size() != 1 || (!wide && array.type != ElementType::kInt32)) {
    Fail(ErrorKind::kUnusable,
         "labels are int32 or int64 along one axis, not of shape " + ToText(array.shape));
  }
  return InOrder(wide ? Classes<int64_t>(array) : Classes<int32_t>(array), samples);
}

/// Returns the bytes as text, without the mark of UTF-8 that some editors put in front.
std::string_view TextOf(std::span<const std::byte> bytes) {
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const bool binary = std::any_of(text.begin(), text.end(), [](unsigned char c) {
    return c < ' ' && c != '\t' && c != '\r' && c != '\n';
  });
  if (binary) Fail(ErrorKind::kUnusable, "it is neither text nor IDX nor NumPy");
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  return text.starts_with(kMark) ? text.substr(kMark.size()) : text;
}

std::vector<int> FromFile(const std::string& path, const SampleSet& samples) {
  const auto file = MappedFile::Open(path);
  const auto bytes = file->bytes();
  const bool idx = bytes.size() > 2 && (bytes[0] == std::byte{0x1F} || bytes[0] == std::byte{0});
  if (idx) return FromIdx(file, samples);
  if (!bytes.empty() && bytes[0] == std::byte{0x93}) return FromNpy(file, samples);
  const auto lines = Lines(TextOf(bytes));
  const bool named =
      !lines.empty() && lines.back().text.find_first_of(",;\t ") != std::string_view::npos;
  return named ? FromRows(lines, samples) : FromList(lines, samples);
}

}  // namespace

Labels ReadLabels(const std::string& path, const SampleSet& samples, size_t classes) {
  try {
    std::error_code not_there;
    if (fs::is_directory(path, not_there)) return FromFolders(path, samples, classes);
    return {FromFile(path, samples), {}};
  } catch (const Error& error) {
    throw error.WithContext("labels '" + path + "'");
  }
}

}  // namespace qconvert
