// The name that someone may have meant: options that are unknown, nodes that no pattern matches.
#pragma once

#include <string>
#include <vector>

namespace qconvert {

/// Returns the name in which `word` is found with the fewest edits (insert, delete or replace one
/// letter; Sellers 1980), whether letters are capital or not; among equals the name that fewest
/// edits make of the whole word. Empty when there are no names.
std::string NearestName(const std::string& word, const std::vector<std::string>& names);

}  // namespace qconvert
