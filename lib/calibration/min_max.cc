#include "lib/calibration/extremes.h"
#include "lib/calibration/range_method.h"

namespace qconvert {
namespace {

Range Choose(const Statistic& statistic, const RangeOptions&) {
  return As<Extremes>(statistic).range();
}

std::string Describe(const RangeOptions&) { return "min/max"; }

}  // namespace

constinit const RangeMethod kMinMax{"min-max", "the extremes ever seen", &Extremes::kKind, Choose,
                                    Describe};

}  // namespace qconvert
