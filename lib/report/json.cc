#include <algorithm>
#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "lib/qconvert.h"

namespace qconvert {
namespace {

using Json = nlohmann::ordered_json;

/// JSON has no infinity: an SQNR without noise is null.
Json Finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json ToJson(const std::vector<OutputSummary>& outputs) {
  Json list = Json::array();
  for (const OutputSummary& output : outputs) {
    list.push_back({{"name", output.name},
                    {"sqnr_db", Finite(output.sqnr_db)},
                    {"correlation", OrNull(output.correlation)},
                    {"largest_error", output.largest_error},
                    {"constant", output.constant},
                    {"saturated", output.saturated},
                    {"share_at_ends", OrNull(output.share_at_ends)},
                    {"same_percent", OrNull(output.same_percent)}});
  }
  return list;
}

Json ToJson(const std::optional<HistogramSummary>& histogram) {
  if (!histogram) return nullptr;
  return {{"min", histogram->min},
          {"max", histogram->max},
          {"first", histogram->first},
          {"width", histogram->width},
          {"reference", histogram->reference},
          {"candidate", histogram->candidate}};
}

Json ToJson(const std::vector<LayerSummary>& layers) {
  Json list = Json::array();
  for (const LayerSummary& layer : layers) {
    list.push_back({{"node", layer.node},
                    {"kind", layer.kind},
                    {"tensor", layer.tensor},
                    {"alone_db", layer.alone_db ? Finite(*layer.alone_db) : Json(nullptr)},
                    {"gain_db", layer.gain_db ? Finite(*layer.gain_db) : Json(nullptr)},
                    {"sqnr_db", Finite(layer.sqnr_db)},
                    {"scale", OrNull(layer.scale)},
                    {"zero_point", OrNull(layer.zero_point)},
                    {"share_at_ends", OrNull(layer.share_at_ends)},
                    {"share_used", OrNull(layer.share_used)},
                    {"added_noise", layer.added_noise ? Finite(*layer.added_noise) : Json(nullptr)},
                    {"activations", ToJson(layer.activations)},
                    {"weights", ToJson(layer.weights)}});
  }
  return list;
}

Json ToJson(const std::vector<AccumulatorSummary>& accumulators) {
  Json list = Json::array();
  for (const AccumulatorSummary& layer : accumulators) {
    list.push_back({{"node", layer.node}, {"kind", layer.kind}, {"bits", layer.bits}});
  }
  return list;
}

Json ToJson(const std::optional<ReconstructionSummary>& reconstruction) {
  if (!reconstruction) return nullptr;
  return {{"samples", reconstruction->samples},
          {"iterations", reconstruction->iterations},
          {"blocks", reconstruction->blocks},
          {"improved", reconstruction->improved},
          {"activation_bytes", reconstruction->activation_bytes},
          {"left_out", reconstruction->left_out}};
}

Json ToJson(const std::optional<CodebookSummary>& codebooks) {
  if (!codebooks) return nullptr;
  return {{"layers", codebooks->layers},
          {"index_bytes", codebooks->index_bytes},
          {"entropy_bytes", codebooks->entropy_bytes}};
}

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

Json ToJson(const std::vector<GateResult>& gates) {
  Json list = Json::array();
  for (const GateResult& gate : gates) {
    list.push_back({{"gate", gate.gate},
                    {"name", gate.name},
                    {"limit", gate.limit},
                    {"value", Finite(gate.value)},
                    {"interval", {{"lower", Finite(gate.lower)}, {"upper", Finite(gate.upper)}}},
                    {"verdict", ToText(gate.verdict)},
                    {"passed", gate.passed()},
                    {"samples_to_decide", OrNull(gate.samples_to_decide)}});
  }
  return list;
}

Json ToJson(const NearnessSummary& nearness) {
  Json percent = nullptr;
  if (nearness.agreement) {
    percent =
        100.0 * static_cast<double>(*nearness.agreement) / static_cast<double>(nearness.samples);
  }
  return {{"samples", nearness.samples},
          {"sqnr_db", Finite(nearness.sqnr_db)},
          {"same_top1", OrNull(nearness.agreement)},
          {"agreement_percent", percent}};
}

Json ToJson(const std::optional<TreatmentSummary>& treatment) {
  if (!treatment) return nullptr;
  Json trials = Json::array();
  for (const TrialSummary& trial : treatment->trials) {
    Json json = {{"flag", trial.flag}, {"kept", trial.kept}};
    json.update(ToJson(trial.nearness));
    trials.push_back(json);
  }
  return {{"files", treatment->files},
          {"untreated", ToJson(treatment->untreated)},
          {"trials", trials},
          {"passed_over", treatment->passed_over}};
}

Json ToJson(const SearchPointSummary& point) {
  Json json = {
      {"sqnr_db", Finite(point.sqnr_db)}, {"meets", point.meets}, {"layers", point.layers}};
  if (point.bytes > 0) json["bytes"] = point.bytes;
  if (point.microseconds > 0) json["microseconds"] = point.microseconds;
  return json;
}

Json ToJson(const std::optional<SearchSummary>& search) {
  if (!search) return nullptr;
  Json pareto = Json::array();
  for (const SearchPointSummary& point : search->pareto) pareto.push_back(ToJson(point));
  return {{"strategy", search->strategy},       {"minimized", search->minimized},
          {"groups", search->groups},           {"files", search->files},
          {"calibrating", search->calibrating}, {"deciding", search->deciding},
          {"judging", search->judging},         {"pareto", pareto},
          {"best", ToJson(search->best)},       {"recipe", search->recipe}};
}

Json ToJson(const std::optional<DamageSummary>& damage) {
  if (!damage) return nullptr;
  Json json = {{"node", damage->node}, {"kind", damage->kind}, {"gain_db", damage->gain_db}};
  json.update(ToJson(damage->restored));
  return json;
}

Json ToJson(const std::optional<CureSummary>& next) {
  if (!next) return nullptr;
  Json json = {{"flag", next->flag}, {"instead_of", next->instead_of}, {"cures", next->cures}};
  json.update(ToJson(next->nearness));
  return json;
}

/// Returns what the conversion's check of its own file says.
Json CheckOf(const ConvertSummary& summary) {
  double worst_db = std::numeric_limits<double>::infinity();
  for (const OutputSummary& output : summary.outputs) {
    if (!output.same_percent) worst_db = std::min(worst_db, output.sqnr_db);
  }
  Json check = ToJson(NearnessSummary{summary.checked_samples, worst_db, summary.agreement});
  check.update({{"shortfalls", summary.shortfalls},
                {"gates", ToJson(summary.gates)},
                {"trials", summary.trials},
                {"most_damage", ToJson(summary.damage)},
                {"next", ToJson(summary.next)}});
  return check;
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

Json ToJson(const std::optional<AccuracySummary>& accuracy) {
  if (!accuracy) return nullptr;
  return {{"top1_percent", accuracy->top1_percent}, {"top5_percent", accuracy->top5_percent}};
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

Json ToJson(const std::vector<FloatNodeSummary>& nodes) {
  Json list = Json::array();
  for (const FloatNodeSummary& node : nodes) {
    list.push_back({{"node", node.name}, {"kind", node.kind}, {"reason", node.reason}});
  }
  return list;
}

Json ToJson(const std::optional<TargetSummary>& target) {
  if (!target) return nullptr;
  Json unfit = Json::array();
  for (const UnfitSummary& group : target->unfit) {
    unfit.push_back({{"kind", group.kind},
                     {"reason", group.reason},
                     {"remedy", group.remedy},
                     {"nodes", group.nodes},
                     {"multiply_adds", group.multiply_adds}});
  }
  return {{"name", target->name},
          {"otherwise", target->otherwise},
          {"operators", target->operators},
          {"unfit_operators", target->unfit_operators},
          {"unfit_percent", target->unfit_percent},
          {"unfit", unfit}};
}

/// Returns the document, its version first. Names may hold bytes that are not UTF-8; they are
/// replaced, not refused.
std::string Dump(const Json& body) {
  Json document = {{"version", kJsonVersion}};
  document.update(body);
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json ToJson(const TuneProgress& progress) {
  return {{"step", progress.step}, {"steps", progress.steps}, {"rate", progress.rate},
          {"loss", progress.loss}, {"unit", progress.unit},   {"validation", progress.validation},
          {"best", progress.best}, {"plain", progress.plain}};
}

Json ToJson(const std::vector<TuneProgress>& curve) {
  Json list = Json::array();
  for (const TuneProgress& progress : curve) list.push_back(ToJson(progress));
  return list;
}

Json ToJson(const TunedAccuracy& accuracy) {
  return {{"top1_percent", OrNull(accuracy.top1_percent)},
          {"agreement_percent", OrNull(accuracy.agreement_percent)},
          {"sqnr_db", Decibels(accuracy.sqnr_db)}};
}

}  // namespace

std::string ToJson(const ConvertSummary& summary) {
  return Dump(
      {{"output", summary.output},
       {"mode", summary.mode},
       {"model_bytes", summary.model_bytes},
       {"output_bytes", summary.output_bytes},
       {"activation_bytes", summary.demands.activation_bytes},
       {"multiply_adds", summary.demands.multiply_adds},
       {"integer_multiply_adds", summary.demands.integer_multiply_adds},
       {"constant_bytes", summary.demands.constant_bytes},
       {"integer_constant_bytes", summary.demands.integer_constant_bytes},
       {"operators", summary.demands.operators},
       {"accumulators", ToJson(summary.accumulators)},
       {"target", ToJson(summary.target)},
       {"quantization", summary.quantization},
       {"calibration", summary.calibration},
       {"pictures", summary.pictures},
       {"ranges",
        {{"method", summary.ranges.method},
         {"count", summary.ranges.count},
         {"clipped", summary.ranges.clipped},
         {"widened", summary.ranges.widened}}},
       {"calibration_precision", summary.calibration_precision},
       {"calibration_samples", summary.calibration_samples},
       {"calibrated_on_samples", summary.calibration_samples > 0},
       {"input_range",
        {{"min", summary.input_min}, {"max", summary.input_max}, {"mean", summary.input_mean}}},
       {"treatment", ToJson(summary.treatment)},
       {"search", ToJson(summary.search)},
       {"equalization", summary.equalization},
       {"rounding", summary.rounding},
       {"reconstruction", ToJson(summary.reconstruction)},
       {"codebooks", ToJson(summary.codebooks)},
       {"bias_correction", summary.bias_correction},
       {"compared_layers", summary.compared_layers},
       {"corrected_layers", summary.corrected_layers},
       {"layouts", summary.layouts},
       {"batch", summary.batch},
       {"split_outputs", summary.split_outputs},
       {"integer_nodes", summary.integer_nodes},
       {"wide_nodes", summary.wide_nodes},
       {"float_nodes", ToJson(summary.float_nodes)},
       {"warnings", summary.warnings},
       {"checked_samples", summary.checked_samples},
       {"agreement", OrNull(summary.agreement)},
       {"reference_accuracy", ToJson(summary.reference_accuracy)},
       {"accuracy", ToJson(summary.accuracy)},
       {"outputs", ToJson(summary.outputs)},
       {"worst_layers", ToJson(summary.worst_layers)},
       {"check", summary.checked_samples > 0 ? CheckOf(summary) : Json(nullptr)},
       {"seconds", summary.seconds}});
}

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

std::string ToJson(const TuneSummary& summary) {
  return Dump({{"output", summary.output},
               {"output_bytes", summary.output_bytes},
               {"mode", summary.mode},
               {"calibration", summary.calibration},
               {"training_samples", summary.training_samples},
               {"validation_samples", summary.validation_samples},
               {"equalization", summary.equalization},
               {"batch_norm", summary.batch_norm},
               {"validation", summary.validation},
               {"parameters", summary.parameters},
               {"steps", summary.steps},
               {"memory_bytes", summary.memory_bytes},
               {"warnings", summary.warnings},
               {"float_top1_percent", OrNull(summary.float_top1_percent)},
               {"plain", ToJson(summary.plain)},
               {"tuned", ToJson(summary.tuned)},
               {"curve", ToJson(summary.curve)},
               {"is_tuned", summary.is_tuned},
               {"last_loss", summary.last_loss},
               {"seconds", summary.seconds}});
}

std::string ToJsonLine(const TuneProgress& progress) {
  Json line = ToJson(progress);
  line["seconds_left"] = progress.seconds_left;
  return line.dump();
}

}  // namespace qconvert
