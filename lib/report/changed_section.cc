#include "lib/report/changed_section.h"

#include <algorithm>
#include <cstdint>
#include <span>

#include <spdlog/fmt/fmt.h>

#include "lib/report/markup.h"
#include "lib/report/page.h"

namespace qconvert {
namespace {

constexpr size_t kMostSamples = 50;

std::string LabelOf(const ChangedSample& one) {
  return one.label ? fmt::format("{}", *one.label) : "";
}

std::string AsTable(std::span<const ChangedSample> changed) {
  std::string rows =
      "<tr><th>sample</th><th class=n>float network</th><th class=n>candidate</th>"
      "<th class=n>label</th></tr>\n";
  for (const ChangedSample& one : changed) {
    rows += fmt::format(
        "<tr><td class=w>{}</td><td class=n>{}</td><td class=n>{}</td><td class=n>{}</td></tr>\n",
        EscapeMarkup(one.sample), one.reference, one.candidate, LabelOf(one));
  }
  return Table(rows);
}

std::string Card(const ChangedSample& one) {
  const std::string picture =
      one.thumbnail.empty()
          ? ""
          : fmt::format("<img alt=\"\" src=\"data:image/png;base64,{}\">", ToBase64(one.thumbnail));
  return fmt::format(
      "<figure>{}<figcaption>{} &rarr; {}{}<br><small>{}</small></figcaption></figure>\n", picture,
      one.reference, one.candidate, one.label ? ", label " + LabelOf(one) : "",
      EscapeMarkup(one.sample));
}

std::string AsCards(std::span<const ChangedSample> changed) {
  std::string cards;
  for (const ChangedSample& one : changed) cards += Card(one);
  return "<div class=cards>\n" + cards + "</div>\n";
}

}  // namespace

std::string ChangedSection(const std::vector<ChangedSample>& changed) {
  if (changed.empty()) return "";
  const auto shown = std::span(changed).first(std::min(kMostSamples, changed.size()));
  const bool pictures = std::any_of(
      shown.begin(), shown.end(), [](const ChangedSample& one) { return !one.thumbnail.empty(); });
  return fmt::format(
             "<h2>Changed answers</h2>\n<p>{} samples{}; classes of the float network and "
             "the candidate:</p>\n",
             changed.size(),
             changed.size() > kMostSamples
                 ? fmt::format(", of which these are the first {}", kMostSamples)
                 : "") +
         (pictures ? AsCards(shown) : AsTable(shown));
}

}  // namespace qconvert
