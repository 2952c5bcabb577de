#include "lib/ops/instructions.h"

#include <hwy/highway.h>

namespace qconvert {

void RestrictInstructions(bool avx2, bool avx512) {
  int64_t forbidden = 0;
  if (!avx512) forbidden |= HWY_AVX3 | HWY_AVX3_DL;
  if (!avx2) forbidden |= HWY_AVX2;
  if (forbidden != 0) hwy::DisableTargets(forbidden);
}

}  // namespace qconvert
