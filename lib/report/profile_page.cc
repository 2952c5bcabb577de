// A profile as one HTML page: figures, time by operator, the roofline, every step.
#include <algorithm>
#include <map>

#include <spdlog/fmt/fmt.h>

#include "lib/qconvert.h"
#include "lib/report/markup.h"
#include "lib/report/page.h"
#include "lib/report/roofline_chart.h"

namespace qconvert {
namespace {

std::string Figures(const BenchmarkSummary& summary) {
  return fmt::format(
      "<p>{} thread(s), batch {}, {} runs: minimum {:.3f} ms, median {:.3f} ms, 90th percentile "
      "{:.3f} ms; {:.1f} inferences/s. Loaded in {:.0f} ms, at most {:.1f} MB resident.<br>\n"
      "{:.1f} GOP/s, {:.1f} % of the peak; the steps reach {:.1f} % of their roofs.<br>\n"
      "Peak on {} thread(s), measured in registers: {}.<br>\nReads: {}.</p>\n",
      summary.threads, summary.batch, summary.runs, summary.min_ms, summary.median_ms,
      summary.p90_ms, summary.samples_per_s, summary.load_ms(),
      static_cast<double>(summary.peak_rss_bytes) / 1e6, summary.gops, summary.percent_of_peak,
      summary.percent_of_roof, summary.peaks->threads, PeaksText(*summary.peaks),
      LevelsText(*summary.peaks));
}

std::string TimeByOperator(const BenchmarkSummary& summary) {
  std::map<std::string, double> percent;
  for (const StepSummary& step : summary.steps) percent[step.kind] += step.percent_of_time;
  std::vector<std::pair<std::string, double>> sorted(percent.begin(), percent.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string rows;
  for (const auto& [kind, share] : sorted) {
    rows += fmt::format("<tr><td>{}</td><td class=n>{:.1f} %</td>{}</tr>\n", EscapeMarkup(kind),
                        share, Bar(share, sorted.front().second));
  }
  return "<h2>Time by operator</h2>\n" + Table(rows);
}

std::string Losses(const BenchmarkSummary& summary) {
  std::string rows;
  for (const StepSummary& step : WorstSteps(summary)) {
    rows += fmt::format("<tr><td class=w>{}</td><td>{}</td><td class=w>{}</td></tr>\n",
                        EscapeMarkup(step.node), EscapeMarkup(step.kind), LossText(step));
  }
  return "<h2>Lost against the roof</h2>\n" + Table(rows);
}

std::string Steps(const BenchmarkSummary& summary) {
  double largest = 0;
  for (const StepSummary& step : summary.steps) largest = std::max(largest, step.percent_of_time);
  std::string rows;
  for (const StepSummary& step : summary.steps) {
    rows += fmt::format(
        "<tr><td class=w>{}</td><td>{}</td><td>{}</td><td>{}</td><td class=n>{:.1f}</td>"
        "<td class=n>{:.1f}</td><td class=n>{:.1f} %</td><td>{}</td>{}</tr>\n",
        EscapeMarkup(step.node), EscapeMarkup(step.kind), step.shape, EscapeMarkup(step.primitive),
        step.median_us, step.gops, step.percent_of_roof, step.bound,
        Bar(step.percent_of_time, largest));
  }
  return "<h2>Steps</h2>\n" +
         Table(
             "<tr><th>node</th><th>operator</th><th>result</th><th>executed by</th>"
             "<th class=n>&micro;s</th><th class=n>GOP/s</th><th class=n>of roof</th>"
             "<th>bound by</th><th>share of the time</th></tr>\n" +
             rows);
}

}  // namespace

std::string ToHtml(const BenchmarkSummary& summary) {
  return Page(summary.model, Figures(summary) + TimeByOperator(summary) + Losses(summary) +
                                 Roofline(summary) + Steps(summary));
}

}  // namespace qconvert
