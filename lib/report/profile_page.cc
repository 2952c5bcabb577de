// A profile as one HTML page: figures, time by operator, the roofline, every step.
#include <algorithm>
#include <map>

#include <spdlog/fmt/fmt.h>

#include "lib/qconvert.h"
#include "lib/report/markup.h"
#include "lib/report/page.h"
#include "lib/report/roofline_chart.h"
#include "lib/report/sortable_table.h"

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
    rows += fmt::format("<tr><td class=w>{} <b>{}</b></td><td class=w>{}</td></tr>\n",
                        NodeName(step.node), EscapeMarkup(step.kind), LossText(step));
  }
  return "<h2>Lost against the roof</h2>\n" + Table(rows);
}

std::vector<SortableCell> StepRow(const StepSummary& step, double place) {
  return {{NodeName(step.node) + " <b>" + EscapeMarkup(step.kind) + "</b>", place},
          {fmt::format("{:.1f}", step.median_us), -step.median_us},
          {fmt::format("{:.1f} %", step.percent_of_time), -step.percent_of_time},
          {fmt::format("{:.1f}", step.lost_us()), -step.lost_us()},
          {fmt::format("{:.1f}", step.gops), step.gops},
          {fmt::format("{:.1f} %", step.percent_of_roof), step.percent_of_roof},
          {EscapeMarkup(step.bound)},
          {EscapeMarkup(step.shape)},
          {EscapeMarkup(step.primitive)}};
}

std::string Steps(const BenchmarkSummary& summary) {
  std::vector<std::vector<SortableCell>> rows;
  for (const StepSummary& step : summary.steps) {
    rows.push_back(StepRow(step, static_cast<double>(rows.size())));
  }
  return "<h2>Steps</h2>\n<p>In the order of the network; a click on an underlined title "
         "sorts.</p>\n" +
         SortableTable("steps",
                       {{"step"},
                        {"µs", true},
                        {"of the time", true},
                        {"lost µs", true},
                        {"GOP/s", true},
                        {"of roof", true},
                        {"bound by", false, false},
                        {"result", false, false},
                        {"executed by", false, false}},
                       rows);
}

}  // namespace

std::string ToHtml(const BenchmarkSummary& summary) {
  return Page(summary.model, Figures(summary) + TimeByOperator(summary) + Losses(summary) +
                                 Roofline(summary) + Steps(summary));
}

}  // namespace qconvert
