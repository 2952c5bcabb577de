// What a process holds in memory, as the system counts it.
#pragma once

#include <cstddef>

namespace qconvert {

/// Returns the bytes of the process that lie in memory now, mapped files among them; 0 where the
/// system does not say.
size_t ResidentBytes();

/// Returns the most that they have been.
size_t PeakResidentBytes();

}  // namespace qconvert
