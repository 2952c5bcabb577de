#include "lib/math/binomial.h"

#include <cmath>
#include <limits>
#include <vector>

#include <catch2/catch.hpp>

#include "test/support/random.h"

namespace qconvert {
namespace {

/// Returns P(X = k) for k = 0 to n, trial by trial: each moves a share p of every entry up by one.
/// All terms are positive, so nothing cancels.
std::vector<long double> Masses(int n, long double p) {
  std::vector<long double> masses = {1};
  for (int trial = 0; trial < n; ++trial) {
    masses.push_back(0);
    for (size_t k = masses.size(); k-- > 0;) {
      masses[k] = masses[k] * (1 - p) + (k == 0 ? 0 : masses[k - 1] * p);
    }
  }
  return masses;
}

constexpr double kLeast = std::numeric_limits<double>::min();  // below it doubles lose digits

/// Returns the error that BinomialUpperTail's documentation allows, relative to the value.
double Allowed(int n) { return 1e-14 * (1 + n * std::log(std::max(n, 1))); }

TEST_CASE("The binomial tail is that of a plain loop over trials", "[math]") {
  Random random(31);
  std::vector<double> probabilities = {0.5, 0.1, 0.001, 0.999};
  for (int i = 0; i < 4; ++i) probabilities.push_back(random.Uniform(0.01F, 0.99F));
  for (double p : probabilities) {
    for (int n : {0, 1, 2, 3, 17, 200}) {
      const std::vector<long double> masses = Masses(n, p);
      long double tail = 0;
      for (int k = n; k >= 0; --k) {
        tail += masses[static_cast<size_t>(k)];
        INFO("P(X >= " << k << "), n = " << n << ", p = " << p);
        const auto expected = static_cast<double>(tail);
        CHECK(std::abs(BinomialUpperTail(n, k, p) - expected) <= Allowed(n) * expected + kLeast);
      }
    }
  }
}

TEST_CASE("Known values of the binomial tail", "[math]") {
  CHECK(BinomialUpperTail(8, 7, 0.5) == Approx(9.0 / 256));
  CHECK(BinomialUpperTail(3, 3, 0.5) == Approx(1.0 / 8));
  CHECK(BinomialUpperTail(1, 1, 0.001) == Approx(0.001));
  CHECK(BinomialUpperTail(950, 1, 0.001) == Approx(-std::expm1(950 * std::log1p(-0.001))));
  // Of an odd number of tosses, more than half are heads as often as not.
  CHECK(BinomialUpperTail(100001, 50001, 0.5) == Approx(0.5).epsilon(Allowed(100001)));
}

TEST_CASE("The binomial tail ends at 0 and 1", "[math]") {
  CHECK(BinomialUpperTail(10, 0, 0.3) == 1);
  CHECK(BinomialUpperTail(10, -1, 0.3) == 1);
  CHECK(BinomialUpperTail(10, 11, 0.3) == 0);
  CHECK(BinomialUpperTail(10, 1, 0) == 0);
  CHECK(BinomialUpperTail(10, 10, 1) == 1);
  CHECK(BinomialUpperTail(0, 0, 0.5) == 1);
}

TEST_CASE("Tails beyond the range of factorials and powers are finite", "[math]") {
  // 50,000 pictures of 1000 classes: hardly ever 100 by chance, never 30,000.
  const double few = BinomialUpperTail(50000, 100, 0.001);
  CHECK(few > 0);
  CHECK(few < 1e-9);
  CHECK(BinomialUpperTail(50000, 30000, 0.001) == 0);  // below the least double
  CHECK(BinomialUpperTail(10000000, 10000, 0.001) == Approx(0.5).margin(0.01));
}

TEST_CASE("Counts that differ by two standard deviations at most may differ by chance", "[math]") {
  CHECK(IsByChance(0, 0));
  CHECK(IsByChance(0, 4));  // 4 = 2 sqrt(4)
  CHECK_FALSE(IsByChance(0, 5));
  CHECK(IsByChance(12, 4));  // 8 = 2 sqrt(16)
  CHECK_FALSE(IsByChance(4, 13));
  CHECK_FALSE(IsByChance(1000, 800));
}

}  // namespace
}  // namespace qconvert
