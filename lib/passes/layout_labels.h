// Chooses the labels with the lowest sum of prices, as a minimum cut.
#pragma once

#include "lib/passes/layout_terms.h"

namespace qconvert {

/// Fixes the ends of chains whose price a cut cannot express: a chain that is cheap only if exactly
/// one end is stored. One end of such a chain already has the order that the family gives, so it
/// keeps label 0.
void PinContradictions(LayoutTerms& layouts);

/// Labels every choice.
///   prefer_stored  among equals: label 1 wherever it can be
void LabelLayouts(LayoutTerms& layouts, bool prefer_stored);

/// Returns what all chains cost under the labels.
int64_t PriceOf(const LayoutTerms& layouts);

}  // namespace qconvert
