#include "lib/passes/movement.h"

#include <numeric>

#include <catch2/catch.hpp>

#include "lib/ops/fold.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

std::vector<int32_t> Apply(const std::vector<Operator>& operators, const Shape& shape) {
  std::vector<int32_t> values(static_cast<size_t>(NumElements(shape)));
  std::iota(values.begin(), values.end(), 0);
  Tensor tensor = MakeConstantTensor("x", shape, std::move(values));
  for (const Operator& op : operators) {
    const Node node("n", op, {0}, {1});
    const Tensor* operand = &tensor;
    std::vector<Tensor> result = InferOutputs(node, {&operand, 1});
    EvaluateConstants(node, {&operand, 1}, result);
    tensor = result[0];
  }
  const auto moved = tensor.Values<int32_t>();
  return {moved.begin(), moved.end()};
}

size_t CountTransposes(const std::vector<Operator>& operators) {
  size_t count = 0;
  for (const Operator& op : operators) count += std::holds_alternative<Transpose>(op) ? 1 : 0;
  return count;
}

TEST_CASE("A Transpose and its inverse cancel", "[passes]") {
  Movement movement({2, 3, 4, 5});
  movement.AppendTranspose({0, 3, 1, 2});
  movement.AppendTranspose({0, 2, 3, 1});
  CHECK(movement.Operators().empty());
}

TEST_CASE("A Transpose that only moves axes of size 1 is a Reshape", "[passes]") {
  Movement movement({1, 1, 1, 7});
  movement.AppendTranspose({0, 3, 1, 2});
  const auto operators = movement.Operators();
  REQUIRE(operators.size() == 1);
  CHECK(std::get<Reshape>(operators[0]).shape == Shape{1, 7, 1, 1});
}

TEST_CASE("A channel shuffle between layout changes is one Transpose", "[passes]") {
  Movement movement({1, 4, 5, 6});
  movement.AppendTranspose({0, 3, 1, 2});
  REQUIRE(movement.AppendReshape({1, 2, 3, 4, 5}));
  movement.AppendTranspose({0, 2, 1, 3, 4});
  REQUIRE(movement.AppendReshape({1, 6, 4, 5}));
  movement.AppendTranspose({0, 2, 3, 1});
  const auto operators = movement.Operators();
  CHECK(CountTransposes(operators) == 1);
  CHECK(operators.size() == 3);
}

TEST_CASE("A Reshape across moved factors is refused and changes nothing", "[passes]") {
  Movement movement({2, 3});
  movement.AppendTranspose({1, 0});
  CHECK_FALSE(movement.AppendReshape({2, 3}));
  CHECK(movement.output_shape() == Shape{3, 2});
}

TEST_CASE("A Reshape may cut anywhere while nothing has moved", "[passes]") {
  Movement movement({6, 4});
  REQUIRE(movement.AppendReshape({4, 6}));
  REQUIRE(movement.AppendReshape({3, 8}));
  const auto operators = movement.Operators();
  REQUIRE(operators.size() == 1);
  CHECK(std::get<Reshape>(operators[0]).shape == Shape{3, 8});
}

/// Splits one axis in two or merges two neighbours.
Shape Regroup(Shape shape, Random& random) {
  const auto axis = static_cast<size_t>(random.Integer(0, static_cast<int64_t>(shape.size()) - 1));
  for (int64_t part : {2, 3}) {
    if (random.Integer(0, 1) == 0 || shape[axis] % part != 0) continue;
    shape[axis] /= part;
    shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), part);
    return shape;
  }
  if (axis + 1 < shape.size()) {
    shape[axis + 1] *= shape[axis];
    shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  }
  return shape;
}

TEST_CASE("Any chain that can be written short moves elements as the long one", "[passes]") {
  Random random(3);
  for (int round = 0; round < 300; ++round) {
    const Shape shape = {1, random.Integer(1, 2) * 2, 6, random.Integer(1, 3) * 2};
    Movement movement(shape);
    std::vector<Operator> chain;
    for (int step = 0; step < 5; ++step) {
      Operator op = Reshape{Regroup(movement.output_shape(), random)};
      if (random.Integer(0, 1) == 0) {
        Permutation perm(movement.output_shape().size());
        std::iota(perm.begin(), perm.end(), 0);
        for (size_t i = perm.size(); i-- > 1;) {
          std::swap(perm[i], perm[static_cast<size_t>(random.Integer(0, static_cast<int64_t>(i)))]);
        }
        op = Transpose{perm};
      }
      if (movement.Append(op)) chain.push_back(op);
    }
    const auto operators = movement.Operators();
    CHECK(operators.size() <= 3);
    CHECK(CountTransposes(operators) <= 1);
    CHECK(Apply(operators, shape) == Apply(chain, shape));
  }
}

}  // namespace
}  // namespace qconvert
