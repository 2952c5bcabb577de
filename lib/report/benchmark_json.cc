#include "lib/report/json_parts.h"

namespace qconvert {
namespace {

Json ToJson(const std::optional<PeakSummary>& peaks) {
  if (!peaks) return nullptr;
  Json levels = Json::array();
  for (const LevelSummary& level : peaks->levels) {
    levels.push_back({{"name", level.name},
                      {"bytes", OrNull(level.bytes)},
                      {"gigabytes_per_s", level.gigabytes_per_s}});
  }
  return {{"threads", peaks->threads},
          {"int8_instruction", peaks->int8_instruction},
          {"int8_gops", peaks->int8_gops},
          {"float32_gops", peaks->float32_gops},
          {"gigabytes_per_s", peaks->gigabytes_per_s},
          {"levels", levels}};
}

Json ToJson(const std::vector<StepSummary>& steps) {
  Json list = Json::array();
  for (const StepSummary& step : steps) {
    list.push_back({{"node", step.node},
                    {"tensor", step.tensor},
                    {"kind", step.kind},
                    {"shape", step.shape},
                    {"primitive", step.primitive},
                    {"median_us", step.median_us},
                    {"percent_of_time", step.percent_of_time},
                    {"gops", step.gops},
                    {"operations_per_byte", step.operations_per_byte},
                    {"percent_of_peak", step.percent_of_peak},
                    {"roof_us", step.roof_us},
                    {"bound", step.bound},
                    {"percent_of_roof", step.percent_of_roof},
                    {"lost_us", step.lost_us()}});
  }
  return list;
}

}  // namespace

std::string ToJson(const BenchmarkSummary& summary) {
  return Dump({{"model", summary.model},
               {"threads", summary.threads},
               {"batch", summary.batch},
               {"runs", summary.runs},
               {"min_ms", summary.min_ms},
               {"median_ms", summary.median_ms},
               {"p90_ms", summary.p90_ms},
               {"load_ms", summary.load_ms()},
               {"read_ms", summary.read_ms},
               {"prepare_ms", summary.prepare_ms},
               {"warm_up_ms", summary.warm_up_ms},
               {"samples_per_s", summary.samples_per_s},
               {"peak_rss_bytes", summary.peak_rss_bytes},
               {"peaks", ToJson(summary.peaks)},
               {"gops", summary.gops},
               {"percent_of_peak", summary.percent_of_peak},
               {"percent_of_roof", summary.percent_of_roof},
               {"steps", ToJson(summary.steps)}});
}

}  // namespace qconvert
