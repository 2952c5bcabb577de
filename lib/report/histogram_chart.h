// How often two networks have which values, as a small drawing. layer_section.h shows it of the
// worst layers.
#pragma once

#include <string>

#include "lib/qconvert.h"

namespace qconvert {

/// Returns a drawing with its title: an area for the float network's values, a line for the
/// candidate's, dashed lines where the range ends. Heights are square roots of counts, so that rare
/// values show.
///   title  as text
std::string HistogramChart(const std::string& title, const HistogramSummary& histogram);

}  // namespace qconvert
