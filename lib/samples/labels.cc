#include "lib/samples/labels.h"

#include <algorithm>
#include <charconv>
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

namespace qconvert {
namespace {

namespace fs = std::filesystem;

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\"";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::optional<int> ParseClass(std::string_view text) {
  text = Trim(text);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

struct Line {
  size_t number;  // from 1, as editors count
  std::string_view text;
};

/// Returns the lines that are not blank.
std::vector<Line> Lines(std::string_view text) {
  std::vector<Line> lines;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    const std::string_view line = Trim(text.substr(0, end));
    if (!line.empty()) lines.push_back({number, line});
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return lines;
}

[[noreturn]] void FailLine(const Line& line) {
  Fail(ErrorKind::kUnusable,
       fmt::format("line {}: '{}' is not a label; a line holds a class number "
                   "(from 0), or 'file,class' in a CSV",
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

/// Throws for a sample that a CSV does not name, and shows how it names others.
[[noreturn]] void FailUnnamed(const std::string& sample,
                              const std::map<std::string, int, std::less<>>& by_file) {
  const std::string others =
      by_file.empty() ? "" : "; the file names samples like '" + by_file.begin()->first + "'";
  Fail(ErrorKind::kUnusable, "no label for sample '" + sample + "'" + others);
}

std::vector<int> FromCsv(const std::vector<Line>& lines, const SampleSet& samples) {
  std::map<std::string, int, std::less<>> by_file;
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string_view text = lines[i].text;
    const size_t comma = text.rfind(',');
    const auto label =
        comma == std::string_view::npos ? std::nullopt : ParseClass(text.substr(comma + 1));
    if (!label && i == 0) continue;  // the header
    if (!label) FailLine(lines[i]);
    by_file[std::string(Trim(text.substr(0, comma)))] = *label;
  }
  std::vector<int> labels;
  for (size_t i = 0; i < samples.size(); ++i) {
    const std::string name = samples.name(i);
    auto found = by_file.find(name);
    if (found == by_file.end()) found = by_file.find(fs::path(name).filename().string());
    if (found == by_file.end()) FailUnnamed(name, by_file);
    labels.push_back(found->second);
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

/// Returns the bytes as text, without the mark of UTF-8 that some editors put in front.
std::string_view TextOf(std::span<const std::byte> bytes) {
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const bool binary = std::any_of(text.begin(), text.end(), [](unsigned char c) {
    return c < ' ' && c != '\t' && c != '\r' && c != '\n';
  });
  if (binary) Fail(ErrorKind::kUnusable, "it is neither text nor IDX");
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  return text.starts_with(kMark) ? text.substr(kMark.size()) : text;
}

std::vector<int> FromFile(const std::string& path, const SampleSet& samples) {
  const auto file = MappedFile::Open(path);
  const auto bytes = file->bytes();
  const bool idx = bytes.size() > 2 && (bytes[0] == std::byte{0x1F} || bytes[0] == std::byte{0});
  if (idx) return FromIdx(file, samples);
  const auto lines = Lines(TextOf(bytes));
  const bool csv = !lines.empty() && lines.back().text.find(',') != std::string_view::npos;
  return csv ? FromCsv(lines, samples) : FromList(lines, samples);
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
