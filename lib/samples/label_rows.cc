#include "lib/samples/label_rows.h"

#include <charconv>
#include <filesystem>

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"

namespace qconvert {
namespace {

namespace fs = std::filesystem;

/// Returns what ends the columns of a line.
std::string_view SeparatorsOf(std::string_view line) {
  for (const std::string_view separator : {",", ";", "\t"}) {
    if (line.find(separator) != std::string_view::npos) return separator;
  }
  return " ";
}

std::string FileOf(const std::string& name) { return fs::path(name).filename().string(); }
std::string StemOf(const std::string& name) { return fs::path(name).stem().string(); }

}  // namespace

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\"'";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::optional<int> ParseClass(std::string_view text) {
  text = Trimmed(text);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::optional<LabelRow> ParseLabelRow(std::string_view line) {
  const std::string_view separator = SeparatorsOf(line);
  const size_t last = line.rfind(separator), first = line.find(separator);
  if (last == std::string_view::npos) return {};
  std::optional<int> label = ParseClass(line.substr(last + 1));
  std::string_view name = line.substr(0, last), column = name.substr(name.rfind(separator) + 1);
  if (!label) {
    label = ParseClass(line.substr(0, first));
    name = column = line.substr(first + 1);
  }
  if (!label) return {};
  return LabelRow{std::string(Trimmed(name)), std::string(Trimmed(column)), *label};
}

void LabelTable::Add(const LabelRow& row) {
  const auto [at, is_new] = whole_.emplace(row.name, row.label);
  if (!is_new && at->second != row.label) {
    Fail(ErrorKind::kUnusable,
         fmt::format("'{}' has the classes {} and {}", row.name, at->second, row.label));
  }
  AddShort(by_file_, FileOf(row.column), row.label);
  AddShort(by_stem_, StemOf(row.column), row.label);
}

void LabelTable::AddShort(Shortened& table, const std::string& name, int label) {
  const auto [at, is_new] = table.emplace(name, label);
  if (!is_new && at->second != label) at->second = std::nullopt;
}

std::optional<int> LabelTable::Find(const std::string& sample) const {
  if (const auto found = whole_.find(sample); found != whole_.end()) return found->second;
  if (const auto found = by_file_.find(FileOf(sample)); found != by_file_.end()) {
    return found->second;
  }
  const auto found = by_stem_.find(StemOf(sample));
  return found == by_stem_.end() ? std::nullopt : found->second;
}

}  // namespace qconvert
