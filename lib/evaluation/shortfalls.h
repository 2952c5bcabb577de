// What a comparison lacks: the figures below which a conversion warns of its own file, or fails.
// Comes after comparison.h; convert/ tells the user and search/ looks for the layer.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lib/evaluation/gate.h"

namespace qconvert {

// docs/design.md gives the reasons for these bounds.
inline constexpr double kGoodSqnrDb = 20;
inline constexpr double kGoodAgreementPercent = 95;
inline constexpr double kGoodCorrelation = 0.99;
inline constexpr double kMostAtEnds = 0.01;

/// A figure of one output that is too low.
struct Shortfall {
  size_t output = 0;  ///< index into Comparison::outputs
  std::string text;   ///< "output 'y': SQNR 5.1 dB is below 20 dB"
};

/// Returns what is too low, output by output.
///   limits  a limit that is set stands in the place of the bound above for the same figure. With
///           kGoodAgreementPercent an agreement falls short only when chance hardly explains it: on
///           few samples, so few agree in less than 5 % of cases if 95 % of all agree. Outputs that
///           are whole numbers are judged by how many of them are the same, and by nothing else.
std::vector<Shortfall> FindShortfalls(const Comparison& comparison, const GateLimits& limits);

}  // namespace qconvert
