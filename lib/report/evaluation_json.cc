#include "lib/report/json_parts.h"

namespace qconvert {
namespace {

Json ToJson(const std::vector<ChangedSample>& changed) {
  Json list = Json::array();
  for (const ChangedSample& one : changed) {
    list.push_back({{"sample", one.sample},
                    {"reference", one.reference},
                    {"candidate", one.candidate},
                    {"label", OrNull(one.label)}});
  }
  return list;
}

Json ToJson(const std::optional<DoctorSummary>& doctor) {
  if (!doctor) return nullptr;
  return {{"why_not", doctor->why_not},
          {"samples", doctor->samples},
          {"layers", doctor->layers},
          {"trials", doctor->trials},
          {"most_damage", ToJson(doctor->damage)},
          {"next", ToJson(doctor->next)}};
}

Json ToJson(const std::optional<LatencySummary>& latency) {
  if (!latency) return nullptr;
  return {{"reference_ms", latency->reference_ms}, {"candidate_ms", latency->candidate_ms}};
}

Json ToJson(const std::optional<MetricSummary>& metric) {
  if (!metric) return nullptr;
  return {{"reference", metric->reference}, {"candidate", metric->candidate}};
}

Json ToJson(const std::optional<RunError>& error) {
  if (!error) return nullptr;
  return {{"exit_code", error->exit_code}, {"message", error->message}};
}

}  // namespace

std::string ToJson(const EvaluateSummary& summary) {
  return Dump({{"reference", summary.reference},
               {"candidate", summary.candidate},
               {"reference_bytes", summary.reference_bytes},
               {"candidate_bytes", summary.candidate_bytes},
               {"data", summary.data},
               {"samples", summary.samples},
               {"pictures", summary.pictures},
               {"warnings", summary.warnings},
               {"labels", summary.labels},
               {"agreement_percent", OrNull(summary.agreement_percent)},
               {"reference_accuracy", ToJson(summary.reference_accuracy)},
               {"candidate_accuracy", ToJson(summary.candidate_accuracy)},
               {"outputs", ToJson(summary.outputs)},
               {"layers", ToJson(summary.layers)},
               {"doctor", ToJson(summary.doctor)},
               {"changed", ToJson(summary.changed)},
               {"degenerate", summary.degenerate},
               {"latency", ToJson(summary.latency)},
               {"metric", ToJson(summary.metric)},
               {"gates", ToJson(summary.gates)},
               {"verdict", summary.error ? Json(nullptr) : Json(ToText(summary.verdict))},
               {"passed", !summary.error && summary.verdict == Verdict::kPass},
               {"exit_code", summary.exit_code()},
               {"error", ToJson(summary.error)},
               {"seconds", summary.seconds}});
}

}  // namespace qconvert
