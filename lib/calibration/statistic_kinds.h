// The kinds of statistics that there are. Evidence finds by name what it reads.
#pragma once

#include <span>
#include <string_view>

#include "lib/calibration/statistic.h"

namespace qconvert {

/// Returns every kind.
std::span<const StatisticKind* const> AllStatisticKinds();

/// Returns the kind of a name.
///   Throws Error(kUnusable) when there is none.
const StatisticKind& KindNamed(std::string_view name);

}  // namespace qconvert
