// What the HTML pages share: one look, readable on a phone and in the dark, without a script.
#pragma once

#include <string>
#include <vector>

namespace qconvert {

/// Returns a whole page.
///   title  as text
///   body   as markup
std::string Page(const std::string& title, const std::string& body);

/// Returns a table, which scrolls by itself where the window is narrow.
///   rows  as markup
std::string Table(const std::string& rows);

/// Returns the name of a node, which may break into lines behind each '/'.
///   name  as text
std::string NodeName(const std::string& name);

/// Returns warnings, one paragraph each.
///   warnings  as text
std::string WarningList(const std::vector<std::string>& warnings);

/// Returns a cell with a bar.
///   percent     the bar's length
///   of_percent  of the longest bar
std::string Bar(double percent, double of_percent = 100);

}  // namespace qconvert
