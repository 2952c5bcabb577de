// The JSON of what several reports hold. The reports themselves are in conversion_json.cc,
// evaluation_json.cc, benchmark_json.cc and tuning_json.cc.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "lib/qconvert.h"

namespace qconvert {

using Json = nlohmann::ordered_json;

/// JSON has no infinity: an SQNR without noise is null.
inline Json Finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json ToJson(const std::vector<OutputSummary>& outputs);
Json ToJson(const std::vector<LayerSummary>& layers);
Json ToJson(const std::vector<GateResult>& gates);
Json ToJson(const NearnessSummary& nearness);
Json ToJson(const std::optional<DamageSummary>& damage);
Json ToJson(const std::optional<CureSummary>& next);
Json ToJson(const std::optional<AccuracySummary>& accuracy);

/// Returns the document, its version first. Names may hold bytes that are not UTF-8; they are
/// replaced, not refused.
std::string Dump(const Json& body);

}  // namespace qconvert
