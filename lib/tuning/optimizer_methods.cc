#include <algorithm>

#include "lib/tuning/optimizer.h"

namespace qconvert {

extern const OptimizerMethod kSgd, kAdam;

std::span<const OptimizerMethod* const> OptimizerMethods() {
  static constexpr const OptimizerMethod* kMethods[] = {&kAdam, &kSgd};
  return kMethods;
}

const OptimizerMethod* FindOptimizerMethod(std::string_view name) {
  const auto methods = OptimizerMethods();
  const auto found = std::find_if(methods.begin(), methods.end(),
                                  [&](const auto* method) { return method->name == name; });
  return found == methods.end() ? nullptr : *found;
}

}  // namespace qconvert
