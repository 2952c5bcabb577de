// Operators that move or combine elements: three threads compute what one does, bit by bit.
#include <string>

#include <catch2/catch.hpp>

#include "test/support/graph_builder.h"
#include "test/support/prepared.h"
#include "test/support/run_reference.h"

namespace qconvert {
namespace {

// Large enough to be split.
const Shape kImage = {1, 70, 90, 24}, kPlanes = {1, 3, 180, 190}, kMatrix = {1, 300, 500};

struct Case {
  Operator op;
  std::vector<Shape> operands;
};

const std::vector<Case> kMoves = {
    {Transpose{{0, 2, 3, 1}}, {kPlanes}},
    {Transpose{{0, 2, 1}}, {kMatrix}},
    {Concat{3}, {kImage, {1, 70, 90, 40}, kImage}},
    {Concat{1}, {kImage, {1, 30, 90, 24}}},
    {StridedSlice{{0, 3, 89, 1}, {1, 1, -2, 1}, {1, 60, 40, 23}}, {kImage}},
    {Tile{{1, 2, 1, 3}}, {kImage}},
    {BroadcastTo{{5, 70, 90, 24}}, {{70, 1, 24}}},
    {DepthToSpace{2}, {kImage}},
    {SpaceToDepth{2}, {kImage}},
};

const std::vector<Case> kSums = {{Add{}, {kImage, kImage}},
                                 {Mul{}, {kImage, {24}}},
                                 {Sub{}, {kImage, {70, 90, 1}}},
                                 {Add{}, {{40, 1, 60, 1}, {1, 50, 1, 7}}},
                                 {Maximum{}, {kImage, {70, 1, 1}}}};

Graph Build(const Case& c, ElementType type) {
  GraphBuilder b;
  std::vector<TensorId> operands;
  for (const Shape& shape : c.operands) {
    const std::string name = "x" + std::to_string(operands.size());
    operands.push_back(type == ElementType::kInt8 ? b.Input(name, shape, type, PerLayer(0.5F, 3))
                                                  : b.Input(name, shape));
  }
  return (type == ElementType::kInt8
              ? b.Output(b.Emit(c.op, operands, "y", type, PerLayer(0.5F, 3)))
              : b.Output(b.Emit(c.op, operands)))
      .Build();
}

template <typename T>
void Check(const Case& c, ElementType type) {
  const Graph graph = Build(c, type);
  INFO(OperatorName(c.op) << " of " << ToText(c.operands[0]));
  const std::vector<Tensor> inputs = RandomInputs(graph, 4);
  const std::vector<T> one = Prepared(graph).Run<T>(inputs);
  const bool same = one == Prepared(graph, {.threads = 3}).Run<T>(inputs);
  CHECK(same);
}

TEST_CASE("Threads share the moving of elements", "[ops]") {
  for (const Case& c : kMoves) {
    Check<float>(c, ElementType::kFloat32);
    Check<int8_t>(c, ElementType::kInt8);
  }
}

TEST_CASE("Threads share rows of broadcast operands", "[ops]") {
  for (const Case& c : kSums) {
    Check<float>(c, ElementType::kFloat32);
    Check<int8_t>(c, ElementType::kInt8);
  }
}

TEST_CASE("Threads share the bands of float pools", "[ops]") {
  const Window window{.stride_h = 2, .stride_w = 2, .pad_top = 1, .pad_left = 1, .pad_bottom = 1};
  Check<float>({MaxPool2D{3, 3, window}, {kImage}}, ElementType::kFloat32);
  Check<float>({MaxPool2D{2, 2, {}}, {{2, 9, 8, 5}}}, ElementType::kFloat32);
}

}  // namespace
}  // namespace qconvert
