#include "lib/base/error.h"
#include "lib/calibration/range_method.h"

namespace qconvert {

extern const RangeMethod kAutoRanges, kMinMax, kMovingAverage, kPercentile, kLeastSquares, kOctav,
    kLeastDivergence, kEasyQuant;

namespace {

constexpr const RangeMethod* kMethods[] = {
    &kAutoRanges,   &kMinMax, &kMovingAverage,   &kPercentile,
    &kLeastSquares, &kOctav,  &kLeastDivergence, &kEasyQuant,
};

}  // namespace

std::span<const RangeMethod* const> RangeMethods() { return kMethods; }

const RangeMethod& RangeMethodNamed(std::string_view name) {
  std::string names;
  for (const RangeMethod* method : kMethods) {
    if (method->name == name) return *method;
    names += (names.empty() ? "" : ", ") + std::string(method->name);
  }
  Fail(ErrorKind::kUsage,
       "there is no calibration '" + std::string(name) + "'; there are " + names);
}

}  // namespace qconvert
