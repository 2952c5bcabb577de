// Flags that cannot take effect are refused by name. The checks of options share it.
#pragma once

#include <string>
#include <vector>

#include "lib/qconvert.h"

namespace qconvert {

/// A flag, and whether the caller set what it stands for.
struct Flag {
  std::string name;
  bool given;
};

/// Returns the flags that were given, joined by "and"; empty: none was.
std::string Given(const std::vector<Flag>& flags);

/// Returns the flags that limit the check of a conversion.
std::vector<Flag> LimitFlags(const ConvertOptions& options);

/// Refuses the flags that were given.
///   why  a clause that says why they cannot take effect
///   Throws Error(kUsage).
void Refuse(const std::string& why, const std::vector<Flag>& flags);

}  // namespace qconvert
