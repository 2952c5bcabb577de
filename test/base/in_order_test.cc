#include "lib/base/in_order.h"

#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "lib/base/parallel_for.h"

namespace qconvert {
namespace {

TEST_CASE("Results are handed on in their order, each as soon as it can be", "[base]") {
  std::vector<std::string> seen;
  InOrder<std::string> results([&](size_t i, const std::string& result) {
    CHECK(i == seen.size());
    seen.push_back(result);
  });
  results.Add(2, "c");
  results.Add(1, "b");
  CHECK(seen.empty());
  results.Add(0, "a");
  CHECK(seen == std::vector<std::string>{"a", "b", "c"});
  results.Add(3, "d");
  CHECK(seen.size() == 4);
}

TEST_CASE("Results of many threads come in order", "[base]") {
  constexpr int kCount = 2000;
  std::vector<size_t> seen;
  InOrder<size_t> results([&](size_t, const size_t& result) { seen.push_back(result); });
  ThreadPool(4).Run(kCount, [&](int index, int) {
    if (index % 3 == 0) std::this_thread::yield();
    results.Add(static_cast<size_t>(index), static_cast<size_t>(index));
  });
  std::vector<size_t> expected(kCount);
  std::iota(expected.begin(), expected.end(), size_t{0});
  CHECK(seen == expected);
}

}  // namespace
}  // namespace qconvert
