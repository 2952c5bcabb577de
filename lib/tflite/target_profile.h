// What a target runs: an accelerator, a delegate or a small interpreter. Read from targets/*.json,
// which CMake embeds (target_files.h); target_fit.h compares a written file with it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/graph/element_type.h"

namespace qconvert {

/// The types of an operator's operands and results, in the order of lib/graph/operators.h. The last
/// type of either list holds for all that follow.
struct TypeSignature {
  std::vector<ElementType> operands, results;
};

/// Which numbers a target takes, both ends included.
struct NumberLimit {
  std::optional<double> least, most;  ///< unset: any
  std::vector<double> one_of;         ///< not empty: these alone
};

/// Under which conditions a target takes some operators.
struct AcceptedForm {
  std::vector<std::string> operators;         ///< TFLite's names
  std::vector<TypeSignature> types;           ///< one of them
  std::map<std::string, NumberLimit> limits;  ///< by a name that node_numbers.h knows; all of them
};

/// A document that tells what a target takes.
struct ProfileSource {
  std::string document, version, date;
};

/// A target. An operator is taken when one of its forms takes it.
struct TargetProfile {
  std::vector<std::string> names;  ///< as --target takes them
  std::string title;               ///< "Arm Ethos-U55 and Ethos-U65, by Vela"
  /// What runs an operator that the target does not take: "the CPU". Empty: nothing does, and the
  /// whole file cannot run.
  std::string otherwise;
  std::string remedy;  ///< where nothing else runs it: what to do; empty elsewhere
  std::vector<ProfileSource> sources;
  std::vector<AcceptedForm> accepts;
  std::vector<std::string> lacks;               ///< operators that it never takes
  std::map<std::string, std::string> remedies;  ///< by operator: what avoids it
};

/// Returns all profiles. What is wrong with one is a mistake of ours.
const std::vector<TargetProfile>& TargetProfiles();

/// Returns the names of all targets, in the order of the profiles.
std::vector<std::string> TargetNames();

/// Returns the profile of a target; null when there is none of that name.
const TargetProfile* FindTargetProfile(std::string_view name);

/// Returns "float32" where all types are the same, else "float32, int8 -> float32".
std::string ToText(const TypeSignature& signature);

/// Returns "1 to 3", "at most 3", "1, 2 or 4".
std::string ToText(const NumberLimit& limit);

}  // namespace qconvert
