#include "lib/quantization/exclusion.h"

#include <catch2/catch.hpp>

namespace qconvert {
namespace {

bool Finds(const std::string& pattern, const std::string& name) {
  return Exclusion(pattern).Names(Node(name, Relu{}, {0}, {1}));
}

TEST_CASE("A pattern of names finds these and no others", "[quantization]") {
  const std::vector<std::string> names = {"conv1", "/a/b.0/Conv", R"(^$\.*+?()[]{}|'x)",
                                          "two\nlines"};
  const std::string pattern = PatternOf(names);
  for (const std::string& name : names) {
    INFO(name);
    CHECK(Finds(pattern, name));
    CHECK_FALSE(Finds(pattern, name + "1"));
    CHECK_FALSE(Finds(pattern, "1" + name));
  }
  CHECK_FALSE(Finds(pattern, "/a/bx0/Conv"));
  CHECK(PatternOf({"conv1", "fc.2"}) == R"(^(conv1|fc\.2)$)");
}

}  // namespace
}  // namespace qconvert
