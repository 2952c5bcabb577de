// Arithmetic with numbers, in whatever order an exporter wrote it: for the passes that recognise
// activations.
#pragma once

#include <optional>
#include <vector>

#include "lib/graph/graph.h"

namespace qconvert {

/// scale x + shift
struct AffineOfTensor {
  TensorId x = kNoTensor;
  float scale = 1, shift = 0;
};

/// Follows Add, Sub, Mul and Neg with numbers from `id` upwards until `stop` or something else.
AffineOfTensor FollowAffine(const Graph& graph, TensorId id, TensorId stop = kNoTensor);

/// scale times the product of the factors
struct Product {
  float scale = 1;
  std::vector<TensorId> factors;
};

/// Takes the product that `id` is apart, as far as nobody else reads the parts.
Product TakeApart(const Graph& graph, TensorId id);

/// Returns whether a number that an exporter printed is meant to be `wanted`: within 1e-5 of it.
bool IsAbout(float value, double wanted);

/// Makes `node` another operator with other operands and the same result.
void Rewrite(Graph& graph, Node& node, Operator op, std::vector<TensorId> inputs);

}  // namespace qconvert
