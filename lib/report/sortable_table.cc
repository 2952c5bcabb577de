#include "lib/report/sortable_table.h"

#include <algorithm>
#include <numeric>

#include <spdlog/fmt/fmt.h>

#include "lib/report/markup.h"

namespace qconvert {
namespace {

constexpr size_t kMostColumns = 10;

// Rows are items of one grid, whose columns they share: items of a grid can be put in order.
constexpr const char* kStyle = R"(
.s { max-height: 36rem; overflow: auto; }
.s table { display: grid; }
.s thead, .s tbody { display: contents; }
.s tr { display: grid; grid-template-columns: subgrid; grid-column: 1 / -1; }
.s th { position: sticky; top: 0; background: Canvas; z-index: 1; }
.s thead tr { position: sticky; top: 0; z-index: 1; order: -1; }
.s :is(th, td):first-child { position: sticky; left: 0; background: Canvas; }
.s th label { cursor: pointer; text-decoration: underline dotted; }
.s th input { position: absolute; opacity: 0; }
.s th label:has(:checked) { text-decoration: underline; }
.s th label:has(:checked)::after { content: " \25be"; }
.s th label:has(:focus-visible) { outline: 2px solid var(--bar); }
)";

char LetterOf(size_t column) { return static_cast<char>('a' + column); }

/// Returns the place of each row when rows are sorted by a column.
std::vector<size_t> PlacesBy(size_t column, const std::vector<std::vector<SortableCell>>& rows) {
  std::vector<size_t> order(rows.size()), places(rows.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return rows[a][column].key < rows[b][column].key; });
  for (size_t place = 0; place < order.size(); ++place) places[order[place]] = place;
  return places;
}

std::string Head(const std::string& name, const std::vector<SortableColumn>& columns) {
  std::string cells;
  for (size_t i = 0; i < columns.size(); ++i) {
    const std::string title = EscapeMarkup(columns[i].title);
    cells += fmt::format("<th{}>", columns[i].numeric ? " class=n" : "");
    cells += columns[i].sorts
                 ? fmt::format("<label><input type=radio name=\"{}\" class=k{}>{}</label>", name,
                               LetterOf(i), title)
                 : title;
    cells += "</th>";
  }
  return "<thead><tr>" + cells + "</tr></thead>\n";
}

}  // namespace

std::string SortableTable(const std::string& name, const std::vector<SortableColumn>& columns,
                          const std::vector<std::vector<SortableCell>>& rows) {
  std::vector<std::vector<size_t>> places(columns.size());
  for (size_t c = 0; c < columns.size(); ++c) {
    if (columns[c].sorts) places[c] = PlacesBy(c, rows);
  }
  std::string body;
  for (size_t r = 0; r < rows.size(); ++r) {
    std::string style, cells;
    for (size_t c = 0; c < columns.size(); ++c) {
      if (columns[c].sorts) style += fmt::format("--{}:{};", LetterOf(c), places[c][r]);
      cells += fmt::format("<td{}>{}</td>", columns[c].numeric ? " class=n" : " class=w",
                           rows[r][c].markup);
    }
    body += fmt::format("<tr style=\"{}\">{}</tr>\n", style, cells);
  }
  return fmt::format(
      "<div class=\"t s\"><table style=\"grid-template-columns:repeat({},auto)\">\n{}<tbody>\n{}"
      "</tbody></table></div>\n",
      columns.size(), Head(name, columns), body);
}

std::string SortableStyle() {
  std::string style = kStyle;
  for (size_t c = 0; c < kMostColumns; ++c) {
    style += fmt::format(".s:has(.k{0}:checked) tbody tr {{ order: var(--{0}); }}\n", LetterOf(c));
  }
  return style;
}

}  // namespace qconvert
