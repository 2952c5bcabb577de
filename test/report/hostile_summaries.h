// Summaries whose names try to break out of a report, and the elements of well-formed XML.
#pragma once

#include <string>
#include <vector>

#include "lib/qconvert.h"

namespace qconvert {

// Markup, quotes, a control character, a line break, a letter of two bytes, and a byte that no
// UTF-8 text has.
inline const std::string kHostile = "a<b>&\"c\"'\x01\n\xC3\xA9\xFFz";

EvaluateSummary HostileEvaluation();
TuneSummary HostileTraining();

/// Requires elements that nest, with quoted attributes and escaped text; returns their names in
/// order.
std::vector<std::string> ElementsOf(std::string xml);

}  // namespace qconvert
