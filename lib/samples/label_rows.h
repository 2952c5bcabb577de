// Rows that give a sample its class by name, in the forms in which people have them. labels.cc
// reads files of them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace qconvert {

/// Returns the text without blanks and quotes at its ends.
std::string_view Trimmed(std::string_view text);

/// Returns the class number that a text is, from 0; nothing when it is none.
std::optional<int> ParseClass(std::string_view text);

/// A row "file,class". Columns end with a comma, a semicolon, a tab, or else with blanks; others
/// may stand in front; "class,file" is taken too.
struct LabelRow {
  std::string name;    ///< all that is not the class
  std::string column;  ///< the column beside it, the file
  int label = 0;
};

/// Returns what a line says; nothing when it has no class.
std::optional<LabelRow> ParseLabelRow(std::string_view line);

/// Classes by name of file: as a whole, by what is behind the last slash, or without its suffix,
/// where that is not the name of several.
class LabelTable {
 public:
  /// Throws Error(kUnusable) when the row contradicts one before it.
  void Add(const LabelRow& row);
  std::optional<int> Find(const std::string& sample) const;
  /// Returns a name that the table has; empty when it has none.
  std::string example() const { return whole_.empty() ? "" : whole_.begin()->first; }

 private:
  using Shortened = std::map<std::string, std::optional<int>, std::less<>>;
  static void AddShort(Shortened& table, const std::string& name, int label);

  std::map<std::string, int, std::less<>> whole_;
  Shortened by_file_, by_stem_;  // nothing where several labels have that name
};

}  // namespace qconvert
