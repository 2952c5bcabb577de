// The gates that there are, one row each. gate.h judges by them; gates_file.h and the command line
// take their names from here.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "lib/evaluation/comparison.h"
#include "lib/evaluation/gate_result.h"
#include "lib/math/bootstrap.h"

namespace qconvert {

/// A figure with its 95 % interval; NaN where the samples have none.
struct Figure {
  double value = 0;
  Interval interval;
};

/// What gates judge. The optional figures are not of the comparison; each is set when its gate is.
struct GateEvidence {
  const Comparison& comparison;
  std::optional<Figure> latency_ratio = {}, size_ratio = {};
  std::optional<Figure> metric = {};       ///< of the candidate
  std::optional<Figure> metric_drop = {};  ///< reference - candidate
};

/// What a gate cannot do without.
enum class GateNeed { kNothing, kLabels, kTop1, kReals, kLabelMap, kMetric };

/// One gate: everything that is known about it.
struct GateKind {
  std::string_view name;  ///< "max-drop": the option without its dashes; a key of gates files
  std::optional<double> GateLimits::*limit;
  std::string_view figure;     ///< "top-1 drop (points)"
  std::string_view type_name;  ///< of the limit: "POINTS"
  std::string_view help;
  double least, most;     ///< of the limit; infinite: any finite number
  std::string_view unit;  ///< of the limit, behind a number: " points"
  GateNeed need;

  // One of these three measures.
  /// Of shares that were counted. `scale` multiplies the counts: what so many times as many samples
  /// like these would show.
  Figure (*count)(const Comparison& comparison, double scale) = nullptr;
  /// Of samples that are drawn. The result refers to the comparison.
  DrawnFigure (*draw)(const Comparison& comparison) = nullptr;
  /// That was measured otherwise.
  std::optional<Figure> GateEvidence::*given = nullptr;
  double sign = 1;  ///< of `given`: -1 judges its negative

  /// Returns whether the figure must not exceed the limit; else it must reach it.
  bool at_most() const { return name.starts_with("max-"); }
};

/// Returns all gates, in the order in which they are judged.
std::span<const GateKind> GateKinds();

/// Returns the row of a gate; null when there is none of that name.
const GateKind* FindGateKind(std::string_view name);

}  // namespace qconvert
