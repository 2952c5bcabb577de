// What --effort 2 tried and what it won, on one line.
#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include "lib/qconvert.h"

namespace qconvert {

std::string ToText(const TreatmentSummary& treatment) {
  std::vector<std::string> kept;
  double before = treatment.untreated.sqnr_db;
  for (const TrialSummary& trial : treatment.trials) {
    if (!trial.kept) continue;
    kept.push_back(fmt::format("{} ({:+.1f} dB)", trial.flag, trial.nearness.sqnr_db - before));
    before = trial.nearness.sqnr_db;
  }
  std::string text =
      fmt::format("{} files compared on {} samples, {} treatments tried, ", treatment.files,
                  treatment.untreated.samples, treatment.trials.size());
  text += kept.empty() ? "none helps"
                       : fmt::format("{:.1f} dB before; kept {}", treatment.untreated.sqnr_db,
                                     fmt::join(kept, " and "));
  if (!treatment.passed_over.empty()) {
    text += fmt::format("; the budget does not reach {}", fmt::join(treatment.passed_over, ", "));
  }
  return text;
}

}  // namespace qconvert
