// Recognises Gelu where an exporter wrote it out, in any order of the factors.
//
//     x/sqrt(2) -> Erf -> Add 1 -> Mul x -> Mul 0.5        Gelu(x)
//     p(x) -> Tanh -> Add 1 -> Mul x -> Mul 0.5        =>  Gelu(x) {approximate}
//
//     gelu(x) = x/2 (1 + erf(x / sqrt 2)), about x/2 (1 + tanh p(x)),
//     p(x) = sqrt(2/pi) (x + 0.044715 x^3)
#include <array>
#include <cmath>
#include <numbers>
#include <optional>

#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"
#include "lib/passes/scalar_arithmetic.h"

namespace qconvert {
namespace {

/// Returns whether `id` is 1 + erf(x / sqrt 2).
bool IsErfOf(const Graph& graph, TensorId id, TensorId x) {
  const AffineOfTensor sum = FollowAffine(graph, id);
  const Node* erf = graph.Producer(sum.x);
  if (erf == nullptr || !erf->Is<Erf>() || sum.scale != 1 || sum.shift != 1) return false;
  const AffineOfTensor argument = FollowAffine(graph, erf->input(0), x);
  return argument.x == x && IsAbout(argument.scale, std::sqrt(0.5)) && argument.shift == 0;
}

using Cubic = std::array<float, 4>;  // coefficients of 1, x, x^2, x^3

std::optional<Cubic> Times(const Cubic& a, const Cubic& b) {
  Cubic product = {};
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t j = 0; j < b.size(); ++j) {
      if (a[i] == 0 || b[j] == 0) continue;
      if (i + j >= product.size()) return {};
      product[i + j] += a[i] * b[j];
    }
  }
  return product;
}

Cubic Plus(Cubic a, const Cubic& b) {
  for (size_t i = 0; i < a.size(); ++i) a[i] += b[i];
  return a;
}

/// Returns the tensor `id` as a polynomial in x of at most `most_steps` nodes on a path.
std::optional<Cubic> CubicOf(const Graph& graph, TensorId id, TensorId x, int most_steps = 6) {
  if (id == x) return Cubic{0, 1, 0, 0};
  if (const auto number = UniformValue(graph, id)) return Cubic{*number, 0, 0, 0};
  const Node* node = graph.Producer(id);
  if (node == nullptr || most_steps == 0) return {};
  const bool squares = node->Is<Square>(), adds = node->Is<Add>();
  if (!squares && !adds && !node->Is<Mul>()) return {};
  if (FusedActivation(node->op) != Activation::kNone) return {};
  const auto a = CubicOf(graph, node->input(0), x, most_steps - 1);
  const auto b = squares || !a ? a : CubicOf(graph, node->input(1), x, most_steps - 1);
  if (!a || !b) return {};
  return adds ? Plus(*a, *b) : Times(*a, *b);
}

/// Returns whether `id` is 1 + tanh p(x).
bool IsTanhOf(const Graph& graph, TensorId id, TensorId x) {
  const AffineOfTensor sum = FollowAffine(graph, id);
  const Node* tanh = graph.Producer(sum.x);
  if (tanh == nullptr || !tanh->Is<Tanh>() || sum.scale != 1 || sum.shift != 1) return false;
  const auto p = CubicOf(graph, tanh->input(0), x);
  const double slope = std::sqrt(2 / std::numbers::pi);
  return p && (*p)[0] == 0 && IsAbout((*p)[1], slope) && (*p)[2] == 0 &&
         IsAbout((*p)[3], 0.044715 * slope);
}

void RecogniseNode(Graph& graph, Node& node) {
  const Product product = TakeApart(graph, node.output());
  if (product.factors.size() != 2 || !IsAbout(product.scale, 0.5)) return;
  for (size_t i = 0; i < 2; ++i) {
    const TensorId x = product.factors[i];
    const bool exact = IsErfOf(graph, product.factors[1 - i], x);
    if (!exact && !IsTanhOf(graph, product.factors[1 - i], x)) continue;
    return Rewrite(graph, node, Gelu{.approximate = !exact}, {x});
  }
}

}  // namespace

void RecogniseGelu(Graph& graph) {
  ForEachNode(graph, [&](Node& node) {
    if (node.Is<Mul>()) RecogniseNode(graph, node);
  });
  DropDead(graph);
}

}  // namespace qconvert
