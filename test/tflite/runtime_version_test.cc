#include "lib/tflite/runtime_version.h"

#include "tflite_generated.h"
#include <catch2/catch.hpp>

#include "lib/tflite/writer.h"
#include "test/support/operator_cases.h"

namespace qconvert {
namespace {

TEST_CASE("Every operator that we write has a first runtime", "[tflite]") {
  for (const OperatorCase& c : OperatorCases()) {
    for (bool integer : {false, true}) {
      if (integer && !HasInt8Form(c.graph)) continue;
      const auto bytes = WriteTflite(integer ? AsInt8(c.graph) : c.graph);
      const auto* code = tflite::GetModel(bytes.data())->operator_codes()->Get(0);
      INFO(OnlyNode(c.graph).kind() << " version " << code->version());
      CHECK(MinRuntimeVersion(code->builtin_code(), code->version()) != "");
    }
  }
}

TEST_CASE("First runtimes are those of LiteRT's converter", "[tflite]") {
  CHECK(MinRuntimeVersion(tflite::BuiltinOperator_CONV_2D, 1) == "1.5.0");
  CHECK(MinRuntimeVersion(tflite::BuiltinOperator_CONV_2D, 3) == "1.14.0");
  CHECK(MinRuntimeVersion(tflite::BuiltinOperator_CONV_2D, 6) == "2.9.0");
  CHECK(MinRuntimeVersion(tflite::BuiltinOperator_CONV_2D, 7) == "2.11.0");
  CHECK(MinRuntimeVersion(tflite::BuiltinOperator_FULLY_CONNECTED, 10) == "2.11.0");
  CHECK(MinRuntimeVersion(tflite::BuiltinOperator_MUL, 3) == "1.15.0");
  CHECK(MinRuntimeVersion(tflite::BuiltinOperator_RELU, 2) == "2.1.0");
  CHECK(MinRuntimeVersion(tflite::BuiltinOperator_SQRT, 2) == "2.21.0");
  CHECK(MinRuntimeVersion(tflite::BuiltinOperator_DEQUANTIZE, 5) == "2.7.0");
}

TEST_CASE("What is never written has no first runtime", "[tflite]") {
  CHECK(MinRuntimeVersion(tflite::BuiltinOperator_CONV_2D, 8) == "");
  CHECK(MinRuntimeVersion(tflite::BuiltinOperator_POW, 2) == "");
  CHECK(MinRuntimeVersion(12345, 1) == "");
}

TEST_CASE("Runtimes are ordered as numbers, not as text", "[tflite]") {
  CHECK(LaterRuntime("2.9.0", "2.10.0") == "2.10.0");
  CHECK(LaterRuntime("2.10.0", "2.9.0") == "2.10.0");
  CHECK(LaterRuntime("1.15.0", "2.1.0") == "2.1.0");
  CHECK(LaterRuntime("1.13.1", "1.13.0") == "1.13.1");
  CHECK(LaterRuntime("", "1.5.0") == "1.5.0");
}

}  // namespace
}  // namespace qconvert
