// What a Reshape or StridedSlice of a file says of its first axis where the batch may change. Only
// the last passes before a file write it (passes/free_batch.cc).
#pragma once

#include <cstdint>

namespace qconvert {

/// As `Reshape::shape[0]`: as many as the other axes leave. As `StridedSlice::size[0]`: up to the
/// end of the axis.
inline constexpr int64_t kRestOfAxis = -1;

}  // namespace qconvert
