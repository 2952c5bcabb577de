#include <algorithm>

#include "lib/quantization/scale_method.h"

namespace qconvert {

extern const ScaleMethod kLeastErrorScale, kLargestWeightScale;

namespace {

constexpr const ScaleMethod* kMethods[] = {&kLeastErrorScale, &kLargestWeightScale};

}  // namespace

std::span<const ScaleMethod* const> ScaleMethods() { return kMethods; }

const ScaleMethod* FindScaleMethod(std::string_view name) {
  const auto found =
      std::ranges::find_if(kMethods, [&](const ScaleMethod* m) { return m->name == name; });
  return found == std::end(kMethods) ? nullptr : *found;
}

}  // namespace qconvert
