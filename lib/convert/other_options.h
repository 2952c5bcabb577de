// Options that may give a better file than those a user chose. find_cure.h tries them.
#pragma once

#include <string>
#include <vector>

#include "lib/qconvert.h"

namespace qconvert {

/// Options to try in the place of others.
struct OtherOptions {
  std::string flag;        ///< that makes them
  std::string instead_of;  ///< the flag that it replaces; empty: none
  ConvertOptions options;
};

/// Returns what undoes the user's choices that cost accuracy, each by itself, then all together.
/// The file stays as integer as it is.
std::vector<OtherOptions> MoreAccurateOptions(const ConvertOptions& given);

/// Returns what computes more in float: weights-only for an integer file, 16 bits for weights-only.
/// Options that contradict what the user asks for are not among them.
std::vector<OtherOptions> MoreFloatOptions(const ConvertOptions& given);

}  // namespace qconvert
