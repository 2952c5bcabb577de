#include "lib/quantization/node_pattern.h"

#include <catch2/catch.hpp>

#include "test/support/errors.h"

namespace qconvert {
namespace {

bool Finds(const std::string& pattern, const std::string& name) {
  return NodePattern("--exclude", pattern).Names(Node(name, Relu{}, {0}, {1}));
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

TEST_CASE("No name and no pattern takes long", "[quantization]") {
  const std::string name(1 << 20, 'n');
  CHECK_FALSE(Finds(".*x", name));
  CHECK_FALSE(Finds("(n+)+x", name));
  CHECK(Finds("^(n|nn)*$", name));
}

TEST_CASE("A pattern that is none is refused with the reason", "[quantization]") {
  for (const std::string pattern : {"(", "[z-a]", "*", "(?=x)"}) {
    CHECK_THAT(ErrorOf([&] { NodePattern named("--exclude", pattern); }),
               IsError(ErrorKind::kUsage, "--exclude '" + pattern + "' is not a regular"));
  }
}

}  // namespace
}  // namespace qconvert
