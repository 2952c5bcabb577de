// What a conversion says of a file that falls short, for people.
#include <algorithm>
#include <cmath>
#include <tuple>

#include <spdlog/fmt/fmt.h>

#include "lib/qconvert.h"

namespace qconvert {
namespace {

constexpr double kSomeDb = 0.5;  // a layer that gains less is not to blame by itself

std::string ToText(const NearnessSummary& nearness) {
  const std::string sqnr = std::isfinite(nearness.sqnr_db)
                               ? fmt::format("{:.1f} dB", nearness.sqnr_db)
                               : "exact results";
  if (!nearness.agreement) return sqnr;
  const std::string same =
      fmt::format("same top-1 on {} of {}", *nearness.agreement, nearness.samples);
  const bool no_reals = std::isinf(nearness.sqnr_db) && *nearness.agreement < nearness.samples;
  return no_reals ? same : sqnr + ", " + same;
}

}  // namespace

std::string ToText(const DamageSummary& damage) {
  return fmt::format("{} ({}), alone in float: {}{}", damage.node, damage.kind,
                     ToText(damage.restored),
                     damage.gain_db < kSomeDb ? "; the damage is spread over many layers" : "");
}

std::vector<LayerSummary> ByDamage(std::vector<LayerSummary> layers) {
  const auto damage = [](const LayerSummary& layer) {
    const auto known = [](double db) { return std::isnan(db) ? 0 : -db; };
    return std::tuple(layer.alone_db.has_value(), known(layer.alone_db.value_or(0)),
                      layer.added_noise.value_or(0), known(layer.sqnr_db));
  };
  std::stable_sort(layers.begin(), layers.end(),
                   [&](const auto& a, const auto& b) { return damage(a) > damage(b); });
  return layers;
}

std::vector<TitledLine> ToLines(const DoctorSummary& doctor) {
  if (!doctor.why_not.empty()) return {{"layers", "none was tried: " + doctor.why_not}};
  std::vector<TitledLine> lines = {
      {"layers", fmt::format("{} tried, each alone quantized and alone in float, on {} samples",
                             doctor.layers, doctor.samples)}};
  if (doctor.damage) lines.push_back({"most damage", ToText(*doctor.damage)});
  if (!doctor.next) {
    lines.push_back({"next", "no few layers in float are worth it; try qconvert --effort 2"});
    return lines;
  }
  const CureSummary& next = *doctor.next;
  lines.push_back({"next", "qconvert " + next.flag});
  lines.push_back(
      {"tried", fmt::format("on all {} samples: {}{}", next.nearness.samples, ToText(next.nearness),
                            next.cures ? "" : ", which is better and not good yet")});
  return lines;
}

std::string NextStep(const ConvertSummary& summary) {
  if (summary.search) {
    return "the samples that decided met it: search again with a stricter target or more samples";
  }
  if (summary.reconstruction) {
    return "--rounding blocks looks for no cure: give more samples by --data, or train with qtune";
  }
  if (!summary.next && summary.trials == 0) return "--effort 1 looks for the layer and a cure";
  if (!summary.next) {
    return fmt::format("none of {} files that were tried is better; {}give more samples by --data",
                       summary.trials,
                       summary.treatment ? "" : "--effort 2 tries equalization and GPTQ, too, or ");
  }
  const CureSummary& next = *summary.next;
  const std::string instead = next.instead_of.empty() ? "" : " instead of " + next.instead_of;
  return fmt::format("{}{} gives {}{}", next.flag, instead, ToText(next.nearness),
                     next.cures ? "" : ", which is better and not good yet");
}

}  // namespace qconvert
