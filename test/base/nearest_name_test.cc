#include "lib/base/nearest_name.h"

#include <catch2/catch.hpp>

namespace qconvert {
namespace {

TEST_CASE("The nearest name is the one that fewest edits separate", "[base]") {
  const std::vector<std::string> options = {"--batch", "--bits", "--data", "--decay"};
  CHECK(NearestName("--bit", options) == "--bits");
  CHECK(NearestName("--bist", options) == "--bits");
  CHECK(NearestName("--dat", options) == "--data");
  CHECK(NearestName("--dekay", options) == "--decay");
}

TEST_CASE("Capital letters are no difference", "[base]") {
  CHECK(NearestName("gemm", {"Conv_1", "Gemm_2"}) == "Gemm_2");
  CHECK(NearestName("--Bits", {"--data", "--bits"}) == "--bits");
}

TEST_CASE("A part of a long name is near to it", "[base]") {
  const std::vector<std::string> nodes = {"/features/0/Conv", "/clasp", "/classifier/1/Gemm"};
  CHECK(NearestName("clasifier", nodes) == "/classifier/1/Gemm");
  CHECK(NearestName("features", nodes) == "/features/0/Conv");
}

TEST_CASE("Among parts that are equally near the shorter name wins", "[base]") {
  CHECK(NearestName("convo", {"a/long/name/conv", "conv"}) == "conv");
}

TEST_CASE("No names have no nearest", "[base]") {
  CHECK(NearestName("x", {}).empty());
  CHECK(NearestName("", {"a"}) == "a");
}

}  // namespace
}  // namespace qconvert
