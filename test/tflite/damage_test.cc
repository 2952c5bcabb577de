// Damaged files end in an Error or a graph. The address sanitizer looks at every read.
#include <catch2/catch.hpp>

#include "lib/tflite/reader.h"
#include "lib/tflite/writer.h"
#include "test/support/errors.h"
#include "test/support/operator_cases.h"

namespace qconvert {
namespace {

std::string Written(const Graph& graph) {
  const SharedBytes file = WriteTflite(graph);
  return {reinterpret_cast<const char*>(file->data()), file->size()};
}

void Read(std::span<const std::byte> bytes) { ReadTflite(bytes, nullptr); }

TEST_CASE("A file cut off at any byte is survived", "[tflite]") {
  for (const OperatorCase& c : OperatorCases()) {
    INFO(OnlyNode(c.graph).kind() << " " << c.label);
    RequireSurvivesTruncation(Written(HasInt8Form(c.graph) ? AsInt8(c.graph) : c.graph), Read);
  }
}

TEST_CASE("Flipped bits in the file of any operator are survived", "[tflite]") {
  for (const OperatorCase& c : OperatorCases()) {
    INFO(OnlyNode(c.graph).kind() << " " << c.label);
    RequireSurvivesFlips(Written(c.graph), Read, 200);
    if (HasInt8Form(c.graph)) RequireSurvivesFlips(Written(AsInt8(c.graph)), Read, 200);
  }
}

}  // namespace
}  // namespace qconvert
