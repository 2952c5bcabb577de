#include <algorithm>

#include "lib/quantization/rounding.h"

namespace qconvert {

extern const RoundingMethod kRoundToNearest, kStochastic, kAdaRound, kGpfq, kSpfq, kGptq, kBlocks;

namespace {

constexpr const RoundingMethod* kMethods[] = {&kRoundToNearest, &kStochastic, &kAdaRound, &kGpfq,
                                              &kSpfq,           &kGptq,       &kBlocks};

}  // namespace

std::span<const RoundingMethod* const> RoundingMethods() { return kMethods; }

const RoundingMethod* FindRoundingMethod(std::string_view name) {
  const auto found =
      std::ranges::find_if(kMethods, [&](const RoundingMethod* m) { return m->name == name; });
  return found == std::end(kMethods) ? nullptr : *found;
}

}  // namespace qconvert
