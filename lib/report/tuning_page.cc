// A training as one HTML page: figures, the curves of loss and validation, every validation.
#include <cmath>

#include <spdlog/fmt/fmt.h>

#include "lib/qconvert.h"
#include "lib/report/markup.h"
#include "lib/report/page.h"
#include "lib/report/step_chart.h"

namespace qconvert {
namespace {

std::string Outcome(const TuneSummary& summary) {
  return fmt::format(
      "<p>{}<br>\n{} parameters, {} steps on {} samples; at most {} MiB were announced; {:.1f} s."
      "<br>\nCalibration: {}.<br>\nValidation: {}.</p>\n",
      summary.is_tuned ? "The file is that of the best validation."
                       : "Training gained nothing; the file is that without training.",
      summary.parameters, summary.steps, summary.training_samples, summary.memory_bytes >> 20,
      summary.seconds, EscapeMarkup(summary.calibration), EscapeMarkup(summary.validation));
}

std::string PercentCell(const std::optional<double>& percent) {
  return percent ? fmt::format("<td class=n>{:.2f} %</td>", *percent) : "<td class=n></td>";
}

std::string AccuracyRow(const std::string& name, const TunedAccuracy& accuracy) {
  return "<tr><td>" + name + "</td>" + PercentCell(accuracy.top1_percent) +
         PercentCell(accuracy.agreement_percent) + "<td class=n>" + Decibels(accuracy.sqnr_db) +
         "</td></tr>\n";
}

std::string Accuracy(const TuneSummary& summary) {
  std::string rows =
      "<tr><th>network</th><th class=n>top-1</th><th class=n>agreement</th><th class=n>SQNR</th>"
      "</tr>\n";
  if (summary.float_top1_percent) {
    rows += "<tr><td>float</td>" + PercentCell(summary.float_top1_percent) +
            "<td class=n></td><td class=n></td></tr>\n";
  }
  rows += AccuracyRow("without training", summary.plain);
  if (summary.is_tuned) rows += AccuracyRow("trained", summary.tuned);
  return "<h2>On the validation</h2>\n" + Table(rows);
}

std::string LossCurve(const std::vector<TuneProgress>& curve) {
  std::vector<StepValue> losses;
  for (const TuneProgress& at : curve) {
    if (std::isfinite(at.loss)) losses.push_back({at.step, at.loss});
  }
  if (losses.empty()) return "";
  return "<h2>Loss</h2>\n<p>Mean of the steps since the last validation. It should fall.</p>\n" +
         StepChart(losses, curve.back().steps);
}

std::string ValidationCurve(const TuneSummary& summary) {
  const std::vector<TuneProgress>& curve = summary.curve;
  std::vector<StepValue> values;
  for (const TuneProgress& at : curve) {
    if (std::isfinite(at.validation)) values.push_back({at.step, at.validation});
  }
  if (values.empty()) return "";
  std::vector<Level> levels;
  if (std::isfinite(curve.back().plain)) {
    levels.push_back({"without training", curve.back().plain});
  }
  if (summary.float_top1_percent) levels.push_back({"float", *summary.float_top1_percent});
  return fmt::format("<h2>Validation, {}</h2>\n<p>Of the integer file of each step.</p>\n",
                     curve.back().unit) +
         StepChart(values, curve.back().steps, levels);
}

std::string Figure(double value, const std::string& unit) {
  return unit == "dB" ? Decibels(value) : fmt::format("{:.2f} {}", value, unit);
}

std::string Validations(const std::vector<TuneProgress>& curve) {
  std::string rows =
      "<tr><th class=n>step</th><th class=n>rate</th><th class=n>loss</th>"
      "<th class=n>validation</th><th class=n>best</th></tr>\n";
  for (const TuneProgress& at : curve) {
    rows += fmt::format(
        "<tr><td class=n>{}</td><td class=n>{:.3g}</td><td class=n>{:.4f}</td>"
        "<td class=n>{}</td><td class=n>{}</td></tr>\n",
        at.step, at.rate, at.loss, Figure(at.validation, at.unit), Figure(at.best, at.unit));
  }
  return "<h2>Validations</h2>\n" + Table(rows);
}

}  // namespace

std::string ToHtml(const TuneSummary& summary) {
  return Page("qtune: " + summary.output,
              WarningList(summary.warnings) + Outcome(summary) + Accuracy(summary) +
                  LossCurve(summary.curve) + ValidationCurve(summary) + Validations(summary.curve));
}

}  // namespace qconvert
