// The texts of targets/*.json. CMake makes the source file from them; target_profile.cc parses
// them.
#pragma once

#include <span>
#include <string_view>

namespace qconvert {

/// Returns the text of each file, in the alphabet's order of their names.
std::span<const std::string_view> TargetFiles();

}  // namespace qconvert
