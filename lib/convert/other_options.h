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

/// Returns a flag with a pattern, as words of a shell: --exclude 'PATTERN'.
std::string PatternFlag(const std::string& flag, const std::string& pattern);

/// Returns what computes some nodes more accurately than the others, by a pattern of their names:
/// with 16-bit activations, where the inputs and outputs are to be integers; in float.
std::vector<OtherOptions> NodeOptions(const ConvertOptions& given, const std::string& nodes);

/// Returns what computes more in float: weights-only for an integer file, 16 bits for weights-only.
/// Options that contradict what the user asks for are not among them.
std::vector<OtherOptions> MoreFloatOptions(const ConvertOptions& given);

}  // namespace qconvert
