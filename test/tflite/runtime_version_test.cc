#include "lib/tflite/runtime_version.h"

#include <iterator>
#include <regex>
#include <sstream>

#include <catch2/catch.hpp>

#include "lib/ops/op.h"
#include "lib/tflite/writer.h"
#include "test/support/operator_cases.h"

namespace qconvert {
namespace {

std::vector<std::string> Words(std::string_view text) {
  std::istringstream stream{std::string(text)};
  return {std::istream_iterator<std::string>(stream), {}};
}

/// Returns the forms that may be written.
std::vector<const TfliteForm*> WrittenForms() {
  std::vector<const TfliteForm*> forms;
  for (const Op* op : AllOps()) {
    if (op->tflite.code >= 0) forms.push_back(&op->tflite);
    for (const TfliteForm& form : op->other_tflite) {
      if (form.when != nullptr) forms.push_back(&form);
    }
  }
  return forms;
}

TEST_CASE("Every form that we write names runtimes, later versions no older ones", "[tflite]") {
  const std::regex version(R"(\d+\.\d+\.\d+)");
  for (const TfliteForm* form : WrittenForms()) {
    INFO(TfliteOperatorName(form->code));
    const std::vector<std::string> runtimes = Words(form->runtimes);
    CHECK(!runtimes.empty());
    for (size_t i = 0; i < runtimes.size(); ++i) {
      CHECK(std::regex_match(runtimes[i], version));
      CHECK(FirstRuntime(*form, static_cast<int>(i) + 1) == runtimes[i]);
      if (i > 0) CHECK(LaterRuntime(runtimes[i], runtimes[i - 1]) == runtimes[i]);
    }
    CHECK_THROWS(FirstRuntime(*form, static_cast<int>(runtimes.size()) + 1));
  }
}

TEST_CASE("Every version that an operator's cases need has a first runtime", "[tflite]") {
  for (const OperatorCase& c : OperatorCases()) {
    INFO(OnlyNode(c.graph).kind() << " " << c.label);
    CHECK_NOTHROW(WriteTflite(c.graph));
    if (!HasInt8Form(c.graph)) continue;
    Graph integer = AsInt8(c.graph);
    CHECK_NOTHROW(WriteTflite(integer));
    if (!OpOf(OnlyNode(integer)).int4_weights) continue;
    integer.tensor(OnlyNode(integer).input(1)).type = ElementType::kInt4;
    CHECK_NOTHROW(WriteTflite(integer));
  }
}

TEST_CASE("First runtimes are those of LiteRT's converter", "[tflite]") {
  const auto first = [](const Operator& op, int version) {
    return FirstRuntime(OpOf(op).tflite, version);
  };
  CHECK(first(Conv2D{}, 1) == "1.5.0");
  CHECK(first(Conv2D{}, 3) == "1.14.0");
  CHECK(first(Conv2D{}, 6) == "2.9.0");
  CHECK(first(Conv2D{}, 7) == "2.11.0");
  CHECK(first(FullyConnected{}, 10) == "2.11.0");
  CHECK(first(Mul{}, 3) == "1.15.0");
  CHECK(first(Relu{}, 2) == "2.1.0");
  CHECK(first(Sqrt{}, 2) == "2.21.0");
  CHECK(first(Dequantize{}, 5) == "2.7.0");
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
