// Layers in the HTML pages: the noise along the network as a chart, and a table. The pages of a
// verdict and of a conversion show them.
#pragma once

#include <string>
#include <vector>

#include "lib/qconvert.h"

namespace qconvert {

/// Returns a chart of layers in the order of the network, and a table of them: first those that add
/// the most noise, or where that is not known those with the most. Nothing without layers.
std::string LayerSection(const std::vector<LayerSummary>& layers);

}  // namespace qconvert
