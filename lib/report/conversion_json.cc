#include <algorithm>
#include <limits>

#include "lib/report/json_parts.h"

namespace qconvert {
namespace {

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

}  // namespace qconvert
