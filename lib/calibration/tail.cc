#include "lib/calibration/tail.h"

#include <cmath>

#include "lib/base/check.h"

namespace qconvert {

double Tail::SquaresBeyond(double end) const {
  if (mean_excess == 0) return 0;
  return count * 2 * mean_excess * mean_excess * std::exp(-(end - threshold) / mean_excess);
}

double Tail::EndOf(double chance) const {
  return threshold + mean_excess * std::log(count / chance);
}

Tail FitTail(size_t outermost, const std::function<double(size_t i)>& at) {
  Check(outermost >= 2, "a tail of no values");
  const size_t beyond = outermost - 1;
  const double threshold = at(beyond);
  double excess = 0;
  for (size_t i = 0; i < beyond; ++i) excess += at(i) - threshold;
  const auto count = static_cast<double>(beyond);
  return {threshold, excess / count, count};
}

}  // namespace qconvert
