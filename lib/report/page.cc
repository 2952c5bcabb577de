#include "lib/report/page.h"

#include <spdlog/fmt/fmt.h>

#include "lib/report/markup.h"
#include "lib/report/sortable_table.h"

namespace qconvert {
namespace {

constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --line: #8888; --bar: #2f6fb0; --dot: #c4572a; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .6rem; border-bottom: 1px solid var(--line); text-align: left; }
.n { text-align: right; white-space: nowrap; }
p { overflow-wrap: anywhere; }
.b { width: 14rem; min-width: 6rem; }
.b i { display: block; height: .8rem; background: var(--bar); border-radius: 2px; }
td.w { overflow-wrap: anywhere; min-width: 8rem; }
h1 { overflow-wrap: anywhere; font-size: 1.5rem; }
details { margin: .5rem 0; }
.t { overflow-x: auto; background:  /* a shadow where there is more to scroll to */
  linear-gradient(to right, Canvas 30%, transparent) left / 2rem 100% no-repeat local,
  linear-gradient(to left, Canvas 30%, transparent) right / 2rem 100% no-repeat local,
  linear-gradient(to right, var(--line), transparent) left / .6rem 100% no-repeat scroll,
  linear-gradient(to left, var(--line), transparent) right / .6rem 100% no-repeat scroll; }
.pass { color: #2f9155; } .fail { color: #d9482b; } .undecided { color: #b8791a; }
.warning { border-left: 4px solid #b8791a; padding-left: .6rem; }
code { overflow-wrap: anywhere; font-weight: 600; }
figure { margin: 0; }
figcaption { overflow-wrap: anywhere; }
.cards { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(7rem, 1fr)); }
.cards img { width: 96px; max-height: 96px; object-fit: contain; image-rendering: pixelated; }
.wide { grid-template-columns: repeat(auto-fill, minmax(min(26rem, 100%), 1fr)); }
.wide figure { display: grid; grid-template-columns: 1fr 1fr; gap: 0 .6rem; align-content: start; }
.wide figcaption { grid-column: 1 / -1; }
.h { font-size: 13px; }
.int8 { background: #2f6fb0; fill: #2f6fb0; } .int16 { background: #8f5fd0; fill: #8f5fd0; }
.dynamic { background: #1f9e8a; fill: #1f9e8a; } .float { background: #d2762a; fill: #d2762a; }
.l i { display: inline-block; width: .8rem; height: .8rem; border-radius: 50%; }
.strip { display: flex; height: 1.2rem; margin-bottom: 1rem; }
.strip i { flex: 1; }
.g { display: flex; }
.g svg { flex: none; }
.g ol { list-style: none; margin: 0; padding: 0 0 0 .5rem; }
.g li { height: 22px; line-height: 22px; white-space: nowrap; font-size: 13px; }
svg { width: 100%; max-width: 48rem; height: auto; }
td svg { width: 160px; height: 20px; display: block; }
svg text { font-size: 12px; fill: currentColor; }
.h svg text { font-size: 14px; }
@media (max-width: 40rem) {
  body { margin: 1rem auto; padding: 0 .7rem; }
  th, td { padding: .2rem .35rem; font-size: 14px; line-height: 1.35; }
  svg text { font-size: 17px; }
  .s :is(th, td):first-child { min-width: 9rem; }
  .h svg text { font-size: 22px; }
}
)";

}  // namespace

std::string Page(const std::string& title, const std::string& body) {
  return fmt::format(
             "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta "
             "name=\"viewport\" content=\"width=device-width\">\n<title>{0}</title>\n"
             "<style>{1}</style>\n<h1>{0}</h1>\n",
             EscapeMarkup(title), kStyle + SortableStyle()) +
         body + "</html>\n";
}

std::string Table(const std::string& rows) {
  return "<div class=t><table>\n" + rows + "</table></div>\n";
}

std::string NodeName(const std::string& name) {
  std::string markup;
  for (char c : EscapeMarkup(name)) markup += c == '/' ? "/<wbr>" : std::string(1, c);
  return markup;
}

std::string WarningList(const std::vector<std::string>& warnings) {
  std::string list;
  for (const std::string& warning : warnings) {
    list += "<p class=warning>" + EscapeMarkup(warning) + "</p>\n";
  }
  return list;
}

std::string Bar(double percent, double of_percent) {
  return fmt::format("<td class=b><i style=\"width:{:.1f}%\"></i></td>",
                     of_percent > 0 ? 100 * percent / of_percent : 0);
}

}  // namespace qconvert
