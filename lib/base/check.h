// Assertions about our own code. Bytes of a file never reach Check: readers use Fail.
#pragma once

#include <string_view>

#include "lib/base/error.h"

namespace qconvert {

/// Throws Error(kInternal) naming `why` when `condition` does not hold.
inline void Check(bool condition, std::string_view why) {
  if (!condition) Fail(ErrorKind::kInternal, "internal error: " + std::string(why));
}

}  // namespace qconvert
