#include "lib/evaluation/pairing.h"

#include <catch2/catch.hpp>

#include "test/support/errors.h"

namespace qconvert {
namespace {

std::vector<Port> Ports(const std::vector<std::string>& names, const Shape& shape = {1, 4}) {
  std::vector<Port> ports;
  for (const std::string& name : names) ports.push_back({name, 0, shape, false});
  return ports;
}

using Partners = std::vector<size_t>;

TEST_CASE("Ports are paired by name whatever their order", "[evaluation]") {
  CHECK(PairPorts(Ports({"a", "b", "c"}), Ports({"c", "a", "b"}), "input") == Partners{1, 2, 0});
}

TEST_CASE("Ports are paired by position when a name is missing", "[evaluation]") {
  CHECK(PairPorts(Ports({"a", "b"}), Ports({"b", "serving_default_a:0"}), "input") ==
        Partners{0, 1});
  CHECK(PairPorts({}, {}, "input").empty());
}

TEST_CASE("Models with different numbers of ports cannot be compared", "[evaluation]") {
  CHECK_THAT(ErrorOf([] {
               PairPorts(Ports({"a"}), Ports({"a", "b"}), "output");
             }),
             IsError(ErrorKind::kUsage, "the models have 1 and 2 outputs"));
}

TEST_CASE("Ports of different sizes are named with their shapes", "[evaluation]") {
  CHECK_THAT(
      ErrorOf([] {
        PairPorts(Ports({"a"}), Ports({"q"}, {1, 5}), "input");
      }),
      IsError(ErrorKind::kUsage, "input 'a' is 1x4 in one model and 1x5 ('q') in the other"));
  // A dimension of 1 more or less is the same tensor.
  CHECK(PairPorts(Ports({"a"}), Ports({"a"}, {4}), "input") == Partners{0});
}

}  // namespace
}  // namespace qconvert
