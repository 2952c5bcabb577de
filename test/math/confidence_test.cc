// What counts prove. Published and closed forms, and the chance of a wrong end by enumeration.
#include "lib/math/confidence.h"

#include <cmath>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

namespace qconvert {
namespace {

TEST_CASE("A share's interval is Clopper and Pearson's", "[math]") {
  // Without a miss it ends where n hits have a chance of 2.5 %: lower^n = 0.025.
  for (int64_t trials : {1, 8, 72, 1000}) {
    const Interval all = ShareInterval(trials, trials), none = ShareInterval(0, trials);
    const double end = std::pow(0.025, 1 / static_cast<double>(trials));
    CHECK(all.lower == Approx(end).epsilon(1e-9));
    CHECK(all.upper == 1);
    CHECK(none.lower == 0);
    CHECK(none.upper == Approx(1 - end).epsilon(1e-9));
  }
  // R: binom.test(7, 20)$conf.int
  CHECK(ShareInterval(7, 20).lower == Approx(0.1539092).margin(1e-6));
  CHECK(ShareInterval(7, 20).upper == Approx(0.5921885).margin(1e-6));
}

TEST_CASE("Two hundred pictures cannot prove half a point", "[math]") {
  for (int64_t changed : {0, 1, 2, 3}) {
    const Interval drop = DifferenceInterval(changed, changed, 200);
    CHECK(drop.upper > 0.005);
    CHECK(drop.lower == Approx(-drop.upper));
  }
  CHECK(DifferenceInterval(0, 0, 200).upper == Approx(1 - std::pow(0.025, 1.0 / 200)));
}

/// Returns the chances of counts 0 to `most` of a binomial.
std::vector<double> Masses(int trials, double p, int most) {
  std::vector<double> masses = {std::pow(1 - p, trials)};
  for (int k = 1; k <= most; ++k) {
    masses.push_back(masses.back() * p / (1 - p) * (trials - k + 1) / k);
  }
  return masses;
}

/// Returns how likely the ends of the interval of a drop are wrong: the upper one, the lower one.
std::pair<double, double> WrongEnds(int pairs, double lost_p, double gained_p) {
  double below = 0, above = 0;
  const std::vector<double> lost = Masses(pairs, lost_p, pairs);
  for (int l = 0; l <= pairs; ++l) {
    if (lost[static_cast<size_t>(l)] < 1e-9) continue;
    // of those that are not lost, so many are gained: together a multinomial
    const std::vector<double> gained = Masses(pairs - l, gained_p / (1 - lost_p), pairs - l);
    for (int g = 0; g <= pairs - l; ++g) {
      const double chance = lost[static_cast<size_t>(l)] * gained[static_cast<size_t>(g)];
      if (chance < 1e-9) continue;
      const Interval interval = DifferenceInterval(l, g, pairs);
      below += interval.upper < lost_p - gained_p ? chance : 0;
      above += interval.lower > lost_p - gained_p ? chance : 0;
    }
  }
  return {below, above};
}

TEST_CASE("An end of the interval of a drop is wrong in less than 3 % of cases", "[math]") {
  for (double lost_p : {0.001, 0.01, 0.08, 0.4}) {
    for (double gained_p : {0.001, 0.01, 0.08, 0.4}) {
      const auto [below, above] = WrongEnds(100, lost_p, gained_p);
      INFO(lost_p << " lost, " << gained_p << " gained");
      CHECK(below < 0.03);
      CHECK(above < 0.03);
    }
  }
}

}  // namespace
}  // namespace qconvert
