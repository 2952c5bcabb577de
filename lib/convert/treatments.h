// Changes of options that may bring a file nearer to the float network. treat_network.h tries them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lib/qconvert.h"

namespace qconvert {

/// One change, as a flag makes it.
struct Treatment {
  std::string flag;
  std::function<void(ConvertOptions&)> apply;
};

/// Returns groups of treatments in the order in which they are to be tried. At most one treatment
/// of a group can be in force. None changes what the user set, and all keep the file as small and
/// as integer as it is.
///   given    by the user
///   sqnr_db  of the file without treatment. Above 25 dB range methods differ mostly in what they
///            make of values that few samples show, so few samples cannot choose among them.
std::vector<std::vector<Treatment>> TreatmentsFor(const ConvertOptions& given, double sqnr_db);

}  // namespace qconvert
