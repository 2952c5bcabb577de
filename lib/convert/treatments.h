// Changes of options that may bring a file nearer to the float network. treat_network.h tries them.
#pragma once

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "lib/qconvert.h"

namespace qconvert {

/// One change, as a flag makes it.
struct Treatment {
  std::string flag;
  std::function<void(ConvertOptions&)> apply;
};

/// Treatments of which at most one can be in force.
struct TreatmentGroup {
  std::vector<Treatment> treatments;
  /// SQNR in dB of the best file so far from which on the group is left out. Above 25 dB range
  /// methods differ mostly in what they make of values that few samples show, so few samples cannot
  /// choose among them.
  double below_db = std::numeric_limits<double>::infinity();
};

/// Returns groups of treatments in the order in which they are to be tried. None changes what the
/// user set, and all keep the file as small and as integer as it is.
///   given  by the user
std::vector<TreatmentGroup> TreatmentsFor(const ConvertOptions& given);

}  // namespace qconvert
