#include "lib/calibration/cheapest_range.h"

namespace qconvert {
namespace {

constexpr int kPlaces = 128;
constexpr int kMostRounds = 8;

/// Returns the cheapest of an end's places; `end` itself where none is cheaper.
double CheapestEnd(double end, double from, double to,
                   const std::function<double(double end)>& cost) {
  double least = cost(end);
  for (int i = 0; i <= kPlaces; ++i) {
    const double place = from + (to - from) * i / kPlaces;
    const double found = cost(place);
    if (found < least) {
      least = found;
      end = place;
    }
  }
  return end;
}

}  // namespace

Range CheapestRange(Range start, Range innermost, Range outermost,
                    const std::function<double(double low, double high)>& cost) {
  double low = start.min, high = start.max;
  for (int round = 0; round < kMostRounds; ++round) {
    const double old_low = low, old_high = high;
    high =
        CheapestEnd(high, innermost.max, outermost.max, [&](double end) { return cost(low, end); });
    low =
        CheapestEnd(low, innermost.min, outermost.min, [&](double end) { return cost(end, high); });
    if (low == old_low && high == old_high) break;
  }
  return {static_cast<float>(low), static_cast<float>(high)};
}

}  // namespace qconvert
