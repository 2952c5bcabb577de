// What a search knows so far, as a file: every file that was measured, and the times of each group.
// A strategy that starts again asks the same questions in the same order, so the answers are all
// that an interrupted search has to keep.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/search/search_problem.h"

namespace qconvert {

/// The answers to the questions of a search.
struct SearchState {
  std::vector<std::string> run;  ///< what the answers depend on, "name: value" each
  std::map<Assignment, std::optional<SearchPoint>> points;  ///< nothing: no such file can be made
  std::vector<std::vector<double>> microseconds;  ///< [group][choice]; empty: not measured
};

/// Returns the text of a state file.
std::string ToJson(const SearchState& state);

/// Reads a state file.
///   run  as this search has it
///   Throws Error(kIo), and Error(kUnusable) when it is damaged or of another search, naming the
///   first difference.
SearchState ReadSearchState(const std::string& path, const std::vector<std::string>& run);

/// Requires that a state has answers for so many groups and choices.
///   path  of the state's file, which the error names
///   Throws Error(kUnusable) when an assignment or a table has another size.
void RequireSize(const std::string& path, const SearchState& state, size_t groups, size_t choices);

}  // namespace qconvert
