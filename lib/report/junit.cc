#include <spdlog/fmt/fmt.h>

#include "lib/qconvert.h"
#include "lib/report/markup.h"

namespace qconvert {

std::string ToJUnit(const EvaluateSummary& summary) {
  size_t failures = 0;
  std::string cases;
  for (const GateResult& gate : summary.gates) {
    cases += fmt::format("    <testcase classname=\"qeval\" name=\"{}\"", EscapeMarkup(gate.name));
    if (gate.passed) {
      cases += "/>\n";
      continue;
    }
    ++failures;
    cases += fmt::format(
        ">\n      <failure message=\"{} is {:.4g}, the limit is {:.4g}\"/>\n    </testcase>\n",
        EscapeMarkup(gate.name), gate.value, gate.limit);
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
      "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" time=\"{:.3f}\">\n{}"
      "  </testsuite>\n</testsuites>\n",
      EscapeMarkup(summary.candidate), summary.gates.size(), failures, summary.seconds, cases);
}

}  // namespace qconvert
