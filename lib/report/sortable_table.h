// A table that a reader sorts by a click, without a script. Sections of pages whose rows have
// several orders use it.
#pragma once

#include <string>
#include <vector>

namespace qconvert {

/// A column; a reader may sort by those that have keys.
struct SortableColumn {
  std::string title;  ///< as text
  bool numeric = false;
  bool sorts = true;
};

/// A cell.
struct SortableCell {
  std::string markup;  ///< what stands in it
  double key = 0;      ///< of its place when the rows are sorted by this column, the lowest first
};

/// Returns a table. Buttons stand in its head, and style gives rows their places: at first as they
/// are given. Long tables scroll by themselves.
///   name     of the table, unlike others' on the page
///   columns  at most 10
///   rows     a cell for each column
std::string SortableTable(const std::string& name, const std::vector<SortableColumn>& columns,
                          const std::vector<std::vector<SortableCell>>& rows);

/// Returns the rules of style that such tables need.
std::string SortableStyle();

}  // namespace qconvert
