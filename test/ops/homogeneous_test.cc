// Whether operators are as homogeneous as their records say.
#include <cmath>

#include <catch2/catch.hpp>

#include "lib/ops/op.h"
#include "test/support/operator_cases.h"
#include "test/support/random.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

/// Multiplies each channel, the last axis, by a factor of its own.
Tensor Scaled(const Tensor& tensor, const std::vector<float>& factors) {
  std::vector<float> values = ToVector<float>(tensor);
  for (size_t i = 0; i < values.size(); ++i) values[i] *= factors[i % factors.size()];
  return MakeConstantTensor(tensor.name, tensor.shape, std::move(values));
}

TEST_CASE("A record that calls itself homogeneous is so, channel by channel", "[ops]") {
  int tested = 0;
  for (const OperatorCase& test : OperatorCases()) {
    const Node& node = OnlyNode(test.graph);
    const Tensor& input = test.graph.tensor(node.input(0));
    const HomogeneousFunction homogeneous = OpOf(node).homogeneous;
    if (homogeneous == nullptr || !input.is_float() || !homogeneous(node, input)) continue;
    INFO(node.kind() << ", " << test.label);
    ++tested;
    std::vector<Tensor> inputs = RandomInputs(test.graph, 1);
    const auto channels = static_cast<size_t>(input.shape.back());
    // Powers of two scale without rounding.
    std::vector<float> factors = RandomFloats(channels, 2, -3, 3);
    for (float& factor : factors) factor = std::exp2(std::round(factor));
    const Tensor expected = Scaled(RunReference(test.graph, inputs)[0], factors);
    inputs[0] = Scaled(inputs[0], factors);
    CHECK(ToVector<float>(RunReference(test.graph, inputs)[0]) == ToVector<float>(expected));
  }
  CHECK(tested > 10);
}

}  // namespace
}  // namespace qconvert
