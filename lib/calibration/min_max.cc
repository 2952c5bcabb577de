#include "lib/calibration/extremes.h"
#include "lib/calibration/range_method.h"

namespace qconvert {
namespace {

constexpr const StatisticKind* kReads[] = {&Extremes::kKind};

RangeChoice Choose(const TensorEvidence& tensor, const RangeOptions&) {
  return {tensor.Get<Extremes>().range()};
}

std::string Describe(const RangeOptions&) { return "min/max"; }

}  // namespace

extern const RangeMethod kMinMax;
constinit const RangeMethod kMinMax{"min-max", "the extremes ever seen", kReads, Choose, nullptr,
                                    Describe};

}  // namespace qconvert
