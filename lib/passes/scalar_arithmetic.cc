#include "lib/passes/scalar_arithmetic.h"

#include <cmath>

#include "lib/passes/rewrite.h"

namespace qconvert {
namespace {

constexpr int kMostSteps = 8;  // no exporter writes longer; hostile models do

/// An arithmetic node with one number: the number, and the other operand.
struct WithNumber {
  float number;
  TensorId x;
  bool number_first;
};

std::optional<WithNumber> AsWithNumber(const Graph& graph, const Node& node) {
  if (FusedActivation(node.op) != Activation::kNone || node.inputs().size() != 2) return {};
  for (size_t i = 0; i < 2; ++i) {
    const auto number = UniformValue(graph, node.input(i));
    const TensorId x = node.input(1 - i);
    if (!number || graph.tensor(x).shape != graph.tensor(node.output()).shape) continue;
    return WithNumber{*number, x, i == 0};
  }
  return {};
}

}  // namespace

AffineOfTensor FollowAffine(const Graph& graph, TensorId id, TensorId stop) {
  AffineOfTensor affine{id};
  for (int step_count = 0; affine.x != stop && step_count < kMostSteps; ++step_count) {
    const Node* node = graph.Producer(affine.x);
    if (node == nullptr) break;
    if (node->Is<Neg>()) {
      affine.scale = -affine.scale;
      affine.x = node->input(0);
      continue;
    }
    const auto step = AsWithNumber(graph, *node);
    if (!step) break;
    if (node->Is<Mul>()) {
      affine.scale *= step->number;
    } else if (node->Is<Add>()) {
      affine.shift += affine.scale * step->number;
    } else if (node->Is<Sub>() && !step->number_first) {
      affine.shift -= affine.scale * step->number;
    } else if (node->Is<Sub>()) {
      affine.shift += affine.scale * step->number;
      affine.scale = -affine.scale;
    } else {
      break;
    }
    affine.x = step->x;
  }
  return affine;
}

Product TakeApart(const Graph& graph, TensorId id) {
  Product product;
  std::vector<TensorId> parts = {id};
  for (int step_count = 0; !parts.empty(); ++step_count) {
    const TensorId part = parts.back();
    parts.pop_back();
    const Node* node = graph.Producer(part);
    const bool apart = node != nullptr && node->Is<Mul>() && step_count < kMostSteps &&
                       FusedActivation(node->op) == Activation::kNone &&
                       (part == id || graph.SoleConsumer(part) != nullptr);
    if (!apart) {
      product.factors.push_back(part);
    } else if (const auto scaled = AsWithNumber(graph, *node)) {
      product.scale *= scaled->number;
      parts.push_back(scaled->x);
    } else {
      parts.insert(parts.end(), node->inputs().begin(), node->inputs().end());
    }
  }
  return product;
}

bool IsAbout(float value, double wanted) { return std::abs(value - wanted) <= 1e-5; }

void Rewrite(Graph& graph, Node& node, Operator op, std::vector<TensorId> inputs) {
  node.op = std::move(op);
  graph.SetInputs(node, std::move(inputs));
}

}  // namespace qconvert
