// Writes clamps that have no operator of their own with those that TFLite has.
//
//     x -> Clip {0, 5}          x -> Relu -> Minimum 5
//     x -> Clip {-2, 2}     =>  x -> Maximum -2 -> Minimum 2
//
// The Relu may still be fused into x's producer.
#include <cmath>

#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"
#include "lib/passes/scalar_arithmetic.h"

namespace qconvert {
namespace {

void LowerNode(Graph& graph, Node& node) {
  const Clip clip = *node.As<Clip>();
  const auto bound = [&](float value, const char* meaning) {
    return AddFloats(graph, node.origin + meaning, {}, {value});
  };
  TensorId x = node.input(0);
  if (std::isinf(clip.max)) {
    Rewrite(graph, node, Maximum{}, {x, bound(clip.min, "/min")});
    return;
  }
  if (clip.min == 0) {
    x = EmitBefore(graph, node, Relu{}, {x}, node.origin + "/relu");
  } else if (!std::isinf(clip.min)) {
    x = EmitBefore(graph, node, Maximum{}, {x, bound(clip.min, "/min")}, node.origin + "/raised");
  }
  Rewrite(graph, node, Minimum{}, {x, bound(clip.max, "/max")});
}

}  // namespace

void LowerClip(Graph& graph) {
  ForEachNode(graph, [&](Node& node) {
    if (node.Is<Clip>()) LowerNode(graph, node);
  });
}

}  // namespace qconvert
