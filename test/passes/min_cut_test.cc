#include "lib/passes/min_cut.h"

#include <catch2/catch.hpp>

#include "test/support/random.h"

namespace qconvert {
namespace {

TEST_CASE("Ties go to the label that is preferred", "[passes]") {
  for (bool prefer_ones : {false, true}) {
    MinCut cut;
    const int a = cut.Add(), b = cut.Add();
    cut.AddCost(MinCut::kZero, a, 5);
    cut.AddCost(a, b, 5);
    cut.AddCost(b, MinCut::kOne, 5);
    const auto labels = cut.Solve(prefer_ones);
    CHECK(labels[static_cast<size_t>(a)] == prefer_ones);
    CHECK(labels[static_cast<size_t>(b)] == prefer_ones);
  }
}

TEST_CASE("The labels are as cheap as the best of all labellings", "[passes]") {
  constexpr int kThings = 6;
  Random random(5);
  for (int round = 0; round < 50; ++round) {
    MinCut cut;
    for (int i = 0; i < kThings; ++i) cut.Add();
    struct Cost {
      int zero, one;
      int64_t cost;
    };
    std::vector<Cost> costs;
    for (int i = 0; i < 20; ++i) {
      costs.push_back({static_cast<int>(random.Integer(0, kThings + 1)),
                       static_cast<int>(random.Integer(0, kThings + 1)), random.Integer(0, 9)});
      if (costs.back().zero == MinCut::kOne || costs.back().one == MinCut::kZero) costs.pop_back();
    }
    for (const Cost& cost : costs) cut.AddCost(cost.zero, cost.one, cost.cost);
    const auto price = [&](const std::vector<bool>& labels) {
      int64_t total = 0;
      for (const Cost& cost : costs) {
        const bool pays =
            !labels[static_cast<size_t>(cost.zero)] && labels[static_cast<size_t>(cost.one)];
        total += pays ? cost.cost : 0;
      }
      return total;
    };
    int64_t best = MinCut::kForbidden;
    for (unsigned bits = 0; bits < 1U << kThings; ++bits) {
      std::vector<bool> labels = {false, true};
      for (unsigned i = 0; i < kThings; ++i) labels.push_back((bits >> i & 1U) != 0);
      best = std::min(best, price(labels));
    }
    CHECK(price(cut.Solve(round % 2 == 0)) == best);
  }
}

}  // namespace
}  // namespace qconvert
