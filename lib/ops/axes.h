// How an operator follows when the axes of its tensors are stored in another order: a member of its
// record. passes/relayout.h asks for it when it chooses layouts.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lib/graph/operators.h"
#include "lib/graph/tensor.h"

namespace qconvert {

/// What an operator learns of the stored axes, and what it says of its tensors.
class StoredAxes {
 public:
  /// order  [rank]: axis i is stored as axis order[i]
  StoredAxes(std::vector<int> order, size_t operands);

  /// Returns which axis of the stored form an axis is.
  int operator[](int axis) const { return order_[static_cast<size_t>(axis)]; }
  /// Returns one number for each axis in the order in which the axes are stored.
  std::vector<int64_t> Reorder(const std::vector<int64_t>& values) const;
  const std::vector<int>& order() const { return order_; }

  /// Says that the result lacks these axes of the operand.
  void DropFromResult(const std::vector<int>& axes);

  /// By operand, whether it is read in stored form; only the first one, unless the operator says
  /// otherwise.
  std::vector<bool> operands;
  std::vector<int> result_order;  ///< the same as `order`, of every result

 private:
  std::vector<int> order_;
};

/// Gives the attributes of `op` the numbers of the stored axes. Returns false when the operator
/// cannot work on stored forms.
///   inputs  of the node as it is, null where absent
using RenumberFunction = bool (*)(std::span<const Tensor* const> inputs, StoredAxes& axes,
                                  Operator& op);

/// The rule of an operator.
struct AxesRule {
  enum Kind : uint8_t {
    kFixed,        ///< does not follow: its axes have a meaning
    kElementwise,  ///< an axis of the result is the same axis of the operands, which broadcast
    kLastAxis,     ///< the last axis of operand 0 has a meaning, the others only repeat
    kRenumbered    ///< its attributes name axes, or count them off
  };

  Kind kind = kFixed;
  RenumberFunction renumber = nullptr;  ///< kRenumbered
  bool counts_result = false;           ///< its axes are those of the result, not of operand 0
};

/// The rule of operators whose result's element i needs but elements i of operands of its shape;
/// the result may lie in the place of such an operand.
constexpr AxesRule ElementwiseAxes() {
  return {.kind = AxesRule::kElementwise, .counts_result = true};
}
constexpr AxesRule LastAxis() { return {.kind = AxesRule::kLastAxis}; }
constexpr AxesRule RenumberedAxes(RenumberFunction renumber) {
  return {.kind = AxesRule::kRenumbered, .renumber = renumber};
}

/// Renumbers the attribute `axis` of operators whose result has all axes of operand 0.
template <typename Kind>
bool RenumberAxis(std::span<const Tensor* const>, StoredAxes& axes, Operator& op) {
  int& axis = std::get<Kind>(op).axis;
  axis = axes[axis];
  return true;
}

/// Reorders the attributes `kMembers`, which have one number for each axis.
template <typename Kind, std::vector<int64_t> Kind::*... kMembers>
bool ReorderMembers(std::span<const Tensor* const>, StoredAxes& axes, Operator& op) {
  Kind& attributes = std::get<Kind>(op);
  ((attributes.*kMembers = axes.Reorder(attributes.*kMembers)), ...);
  return true;
}

}  // namespace qconvert
