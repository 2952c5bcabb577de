// Gradients of the element-by-element operators of two operands: ADD, SUB, MUL, DIV, MAXIMUM,
// MINIMUM, SQUARED_DIFFERENCE, POW, FLOOR_MOD and ATAN2.
#include <cmath>

#include "lib/ops/gradient_loops.h"
#include "lib/ops/gradients.h"

namespace qconvert {
namespace {

/// Adds the gradients by both operands of clamp(f(a, b)) from the partial derivatives of f.
template <typename ByA, typename ByB>
void AddBoth(const Node& node, const NodeGradients& gradients, ByA by_a, ByB by_b) {
  std::vector<float> masked;
  const std::span<const float> by_y = BeforeActivation(node, gradients, masked);
  AddBroadcast(gradients, by_y, 0, by_a);
  AddBroadcast(gradients, by_y, 1, by_b);
}

constexpr auto kOne = [](float, float) { return 1.0F; };
constexpr auto kMinusOne = [](float, float) { return -1.0F; };

/// The part of the larger operand in their maximum; equal ones have half each.
float PartOfLarger(float larger, float other) {
  if (larger == other) return 0.5F;
  return larger > other ? 1 : 0;
}

/// b a^(b-1), and 0 for an exponent of 0.
float PowByBase(float a, float b) { return b == 0 ? 0 : b * std::pow(a, b - 1); }
/// a^b ln a; 0 where a is not above 0, for there no exponent near b need have a real power.
float PowByExponent(float a, float b) { return a > 0 ? std::pow(a, b) * std::log(a) : 0; }

}  // namespace

/// dL/da = dL/db = dL/dy
void AddBackward(const Node& node, const NodeGradients& gradients) {
  AddBoth(node, gradients, kOne, kOne);
}

/// dL/da = dL/dy, dL/db = -dL/dy
void SubBackward(const Node& node, const NodeGradients& gradients) {
  AddBoth(node, gradients, kOne, kMinusOne);
}

/// dL/da = b dL/dy, dL/db = a dL/dy
void MulBackward(const Node& node, const NodeGradients& gradients) {
  AddBoth(
      node, gradients, [](float, float b) { return b; }, [](float a, float) { return a; });
}

/// dL/da = dL/dy / b, dL/db = -a / b^2 dL/dy
void DivBackward(const Node& node, const NodeGradients& gradients) {
  AddBoth(
      node, gradients, [](float, float b) { return 1 / b; },
      [](float a, float b) { return -a / (b * b); });
}

/// The gradient goes to the larger operand, in halves to equal ones.
void MaximumBackward(const Node& node, const NodeGradients& gradients) {
  AddBoth(
      node, gradients, [](float a, float b) { return PartOfLarger(a, b); },
      [](float a, float b) { return PartOfLarger(b, a); });
}

/// The gradient goes to the smaller operand, in halves to equal ones.
void MinimumBackward(const Node& node, const NodeGradients& gradients) {
  AddBoth(
      node, gradients, [](float a, float b) { return PartOfLarger(b, a); },
      [](float a, float b) { return PartOfLarger(a, b); });
}

/// dL/da = 2 (a - b) dL/dy = -dL/db
void SquaredDifferenceBackward(const Node& node, const NodeGradients& gradients) {
  AddBoth(
      node, gradients, [](float a, float b) { return 2 * (a - b); },
      [](float a, float b) { return 2 * (b - a); });
}

/// dL/da = b a^(b-1) dL/dy, dL/db = a^b ln a dL/dy
void PowBackward(const Node& node, const NodeGradients& gradients) {
  AddBoth(node, gradients, PowByBase, PowByExponent);
}

/// a mod b = a - b floor(a / b): dL/da = dL/dy, dL/db = -floor(a / b) dL/dy
void FloorModBackward(const Node& node, const NodeGradients& gradients) {
  AddBoth(node, gradients, kOne, [](float a, float b) { return -std::floor(a / b); });
}

/// dL/da = b / (a^2 + b^2) dL/dy, dL/db = -a / (a^2 + b^2) dL/dy
void Atan2Backward(const Node& node, const NodeGradients& gradients) {
  AddBoth(
      node, gradients, [](float a, float b) { return b / (a * a + b * b); },
      [](float a, float b) { return -a / (a * a + b * b); });
}

}  // namespace qconvert
