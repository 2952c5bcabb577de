#include "lib/report/json_parts.h"

namespace qconvert {
namespace {

Json ToJson(const std::optional<HistogramSummary>& histogram) {
  if (!histogram) return nullptr;
  return {{"min", histogram->min},
          {"max", histogram->max},
          {"first", histogram->first},
          {"width", histogram->width},
          {"reference", histogram->reference},
          {"candidate", histogram->candidate}};
}

}  // namespace

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

Json ToJson(const std::optional<AccuracySummary>& accuracy) {
  if (!accuracy) return nullptr;
  return {{"top1_percent", accuracy->top1_percent}, {"top5_percent", accuracy->top5_percent}};
}

std::string Dump(const Json& body) {
  Json document = {{"version", kJsonVersion}};
  document.update(body);
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace qconvert
