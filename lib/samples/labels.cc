#include "lib/samples/labels.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <optional>
#include <string_view>

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

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = Trim(text.substr(0, end));
    if (!line.empty()) lines.push_back(line);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return lines;
}

[[noreturn]] void FailLine(std::string_view line) {
  Fail(ErrorKind::kUnusable, "'" + std::string(line.substr(0, 60)) + "' is not a label");
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

std::vector<int> FromList(const std::vector<std::string_view>& lines, const SampleSet& samples) {
  std::vector<int> labels;
  for (std::string_view line : lines) {
    const auto label = ParseClass(line);
    if (!label) FailLine(line);
    labels.push_back(*label);
  }
  return InOrder(labels, samples);
}

std::vector<int> FromCsv(const std::vector<std::string_view>& lines, const SampleSet& samples) {
  std::map<std::string, int, std::less<>> by_file;
  for (size_t i = 0; i < lines.size(); ++i) {
    const size_t comma = lines[i].rfind(',');
    const auto label =
        comma == std::string_view::npos ? std::nullopt : ParseClass(lines[i].substr(comma + 1));
    if (!label && i == 0) continue;  // the header
    if (!label) FailLine(lines[i]);
    by_file[std::string(Trim(lines[i].substr(0, comma)))] = *label;
  }
  std::vector<int> labels;
  for (size_t i = 0; i < samples.size(); ++i) {
    const std::string name = samples.name(i);
    auto found = by_file.find(name);
    if (found == by_file.end()) found = by_file.find(fs::path(name).filename().string());
    if (found == by_file.end()) Fail(ErrorKind::kUnusable, "no label for sample '" + name + "'");
    labels.push_back(found->second);
  }
  return labels;
}

std::vector<int> FromFolders(const fs::path& folder, const SampleSet& samples) {
  std::vector<std::string> classes;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory()) classes.push_back(entry.path().filename().string());
  }
  std::sort(classes.begin(), classes.end());
  std::vector<int> labels;
  for (size_t i = 0; i < samples.size(); ++i) {
    const std::string name = samples.name(i);
    const auto found = std::find(classes.begin(), classes.end(), name.substr(0, name.find('/')));
    if (name.find('/') == std::string::npos || found == classes.end()) {
      Fail(ErrorKind::kUnusable, "sample '" + name + "' is in none of its class folders");
    }
    labels.push_back(static_cast<int>(found - classes.begin()));
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

std::vector<int> FromFile(const std::string& path, const SampleSet& samples) {
  const auto file = MappedFile::Open(path);
  const auto bytes = file->bytes();
  const bool idx = bytes.size() > 2 && (bytes[0] == std::byte{0x1F} || bytes[0] == std::byte{0});
  if (idx) return FromIdx(file, samples);
  const auto lines = Lines({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  const bool csv = !lines.empty() && lines.back().find(',') != std::string_view::npos;
  return csv ? FromCsv(lines, samples) : FromList(lines, samples);
}

}  // namespace

std::vector<int> ReadLabels(const std::string& path, const SampleSet& samples) {
  try {
    std::error_code not_there;
    return fs::is_directory(path, not_there) ? FromFolders(path, samples) : FromFile(path, samples);
  } catch (const Error& error) {
    throw error.WithContext("labels '" + path + "'");
  }
}

}  // namespace qconvert
