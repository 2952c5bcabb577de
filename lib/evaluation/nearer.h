// Which of two files is nearer to the float network. Those who make several files of one network
// choose by it.
#pragma once

#include "lib/evaluation/comparison.h"

namespace qconvert {

/// Returns whether a comparison is nearer than another: by the SQNR of the worst output, and if
/// fewer top-1 agree, by no more than chance explains.
///   both     on the same samples
///   gain_db  least gain that counts
bool IsNearer(const Comparison& one, const Comparison& other, double gain_db = 0);

}  // namespace qconvert
