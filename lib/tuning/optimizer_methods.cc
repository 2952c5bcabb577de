#include <algorithm>

#include "lib/tuning/optimizer.h"

namespace qconvert {

extern const OptimizerMethod kSgd, kAdam;

std::span<const OptimizerMethod* const> OptimizerMethods() {
  static constexpr const OptimizerMethod* kMethods[] = {&kAdam, &kSgd};
  return kMethods;
}

double UsualRate(const OptimizerMethod& method, uint64_t steps) {
  constexpr double kEnoughSteps = 1000;
  const double share = std::min(1.0, static_cast<double>(steps) / kEnoughSteps);
  return method.is_relative ? method.usual_rate * share : method.usual_rate;
}

const OptimizerMethod* FindOptimizerMethod(std::string_view name) {
  const auto methods = OptimizerMethods();
  const auto found = std::find_if(methods.begin(), methods.end(),
                                  [&](const auto* method) { return method->name == name; });
  return found == methods.end() ? nullptr : *found;
}

}  // namespace qconvert
