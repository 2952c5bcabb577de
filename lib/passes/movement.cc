#include "lib/passes/movement.h"

#include <algorithm>
#include <numeric>

#include "lib/base/check.h"

namespace qconvert {
namespace {

bool IsUnit(int64_t dim) { return dim == 1; }

}  // namespace

Permutation Inverse(const Permutation& perm) {
  Permutation inverse(perm.size());
  for (size_t i = 0; i < perm.size(); ++i)
    inverse[static_cast<size_t>(perm[i])] = static_cast<int>(i);
  return inverse;
}

Shape PermuteShape(const Shape& shape, const Permutation& perm) {
  Shape permuted;
  for (int axis : perm) permuted.push_back(shape.at(static_cast<size_t>(axis)));
  return permuted;
}

Movement::Movement(Shape shape) : input_(std::move(shape)), output_(input_) {
  Check(NumElements(input_) > 0, "movement of no elements");
  for (int64_t dim : input_) {
    if (!IsUnit(dim)) factors_.sizes.push_back(dim);
  }
  factors_.order.resize(factors_.sizes.size());
  std::iota(factors_.order.begin(), factors_.order.end(), 0);
}

void Movement::AppendTranspose(const Permutation& perm) {
  const auto axes = Align(factors_, output_);
  factors_.order.clear();
  for (int axis : perm) {
    const std::vector<int>& run = axes->at(static_cast<size_t>(axis));
    factors_.order.insert(factors_.order.end(), run.begin(), run.end());
  }
  output_ = PermuteShape(output_, perm);
}

bool Movement::AppendReshape(const Shape& shape) {
  Factors factors = Merge(factors_);
  if (!Align(factors, shape)) return false;
  factors_ = std::move(factors);
  output_ = shape;
  return true;
}

bool Movement::Append(const Operator& op) {
  if (const auto* reshape = std::get_if<Reshape>(&op)) return AppendReshape(reshape->shape);
  const auto* transpose = std::get_if<Transpose>(&op);
  if (transpose == nullptr) return false;
  AppendTranspose(transpose->perm);
  return true;
}

bool Movement::KeepsOrder() const {
  return std::is_sorted(factors_.order.begin(), factors_.order.end());
}

/// Joins factors that follow each other in both orders.
Movement::Factors Movement::Merge(const Factors& factors) {
  std::vector<int> merged_index(factors.sizes.size(), -1);
  std::vector<bool> joins_previous(factors.sizes.size(), false);
  for (size_t k = 1; k < factors.order.size(); ++k) {
    joins_previous[static_cast<size_t>(factors.order[k])] =
        factors.order[k] == factors.order[k - 1] + 1;
  }
  Factors merged;
  for (size_t i = 0; i < factors.sizes.size(); ++i) {
    if (joins_previous[i]) {
      merged.sizes.back() *= factors.sizes[i];
    } else {
      merged_index[i] = static_cast<int>(merged.sizes.size());
      merged.sizes.push_back(factors.sizes[i]);
    }
  }
  for (int i : factors.order) {
    const int index = merged_index[static_cast<size_t>(i)];
    if (index >= 0) merged.order.push_back(index);
  }
  return merged;
}

/// Splits factors until each axis of `shape` is a run of them, and returns the runs; nothing when
/// that cannot be.
std::optional<std::vector<std::vector<int>>> Movement::Align(Factors& factors, const Shape& shape) {
  std::vector<std::vector<int>> axes;
  size_t next = 0;
  for (int64_t dim : shape) {
    std::vector<int>& run = axes.emplace_back();
    while (!IsUnit(dim)) {
      const int index = factors.order.at(next);
      int64_t& size = factors.sizes[static_cast<size_t>(index)];
      if (dim % size != 0) {
        if (size % dim != 0) return {};
        const int64_t rest = size / dim;
        size = dim;
        factors.sizes.insert(factors.sizes.begin() + index + 1, rest);
        for (int& other : factors.order) other += other > index ? 1 : 0;
        factors.order.insert(factors.order.begin() + static_cast<std::ptrdiff_t>(next) + 1,
                             index + 1);
        for (auto& earlier : axes) {
          for (int& other : earlier) other += other > index ? 1 : 0;
        }
      }
      dim /= factors.sizes[static_cast<size_t>(index)];
      run.push_back(index);
      ++next;
    }
  }
  return axes;
}

Movement Movement::Reversed() const {
  Movement reversed(output_);
  reversed.output_ = input_;
  reversed.factors_ = {};
  for (int index : factors_.order) {
    reversed.factors_.sizes.push_back(factors_.sizes[static_cast<size_t>(index)]);
  }
  reversed.factors_.order = Inverse(factors_.order);
  return reversed;
}

std::vector<int64_t> Movement::Sources() const {
  std::vector<int64_t> strides(factors_.sizes.size(), 1);
  for (size_t i = strides.size(); i-- > 1;) strides[i - 1] = strides[i] * factors_.sizes[i];
  std::vector<int64_t> sources = {0};
  for (int index : factors_.order) {
    const auto factor = static_cast<size_t>(index);
    std::vector<int64_t> outer = std::move(sources);
    sources.clear();
    for (int64_t first : outer) {
      for (int64_t k = 0; k < factors_.sizes[factor]; ++k) {
        sources.push_back(first + k * strides[factor]);
      }
    }
  }
  return sources;
}

/// Returns the Transpose of the input's own axes that puts the elements in order, if there is one:
/// of the output's shape where possible.
std::optional<Permutation> Movement::InputAxes() const {
  // Each input axis must lie within one merged factor, for a factor to be a run of whole axes.
  Factors merged = Merge(factors_);
  std::vector<std::vector<int>> axes_of_factor(merged.sizes.size());
  std::vector<int> units;
  size_t factor = 0;
  int64_t left = merged.sizes.empty() ? 1 : merged.sizes[0];
  for (size_t axis = 0; axis < input_.size(); ++axis) {
    if (IsUnit(input_[axis])) {
      units.push_back(static_cast<int>(axis));
      continue;
    }
    if (IsUnit(left)) left = merged.sizes.at(++factor);
    if (left % input_[axis] != 0) return {};
    left /= input_[axis];
    axes_of_factor[factor].push_back(static_cast<int>(axis));
  }
  std::vector<int> moved;
  for (int index : merged.order) {
    const auto& axes = axes_of_factor[static_cast<size_t>(index)];
    moved.insert(moved.end(), axes.begin(), axes.end());
  }
  // Axes of size 1 may stand anywhere: where the output has them, else in front.
  Permutation perm;
  auto next_unit = units.begin();
  auto next_moved = moved.begin();
  for (int64_t dim : output_) {
    if (IsUnit(dim) && next_unit != units.end()) {
      perm.push_back(*next_unit++);
    } else if (!IsUnit(dim) && next_moved != moved.end()) {
      perm.push_back(*next_moved++);
    }
  }
  if (perm.size() == input_.size() && PermuteShape(input_, perm) == output_) return perm;
  units.insert(units.end(), moved.begin(), moved.end());
  return units;
}

std::vector<Operator> Movement::Operators() const {
  Movement built(input_);
  std::vector<Operator> operators;
  const auto add = [&](Operator op) {
    const auto* reshape = std::get_if<Reshape>(&op);
    if (reshape != nullptr && reshape->shape == built.output_) return;
    Check(built.Append(op), "a movement's own operators do not follow each other");
    operators.push_back(std::move(op));
  };
  const auto reversed_axes = KeepsOrder() ? std::nullopt : Reversed().InputAxes();
  if (KeepsOrder()) {
    // A Reshape does.
  } else if (const auto axes = InputAxes()) {
    add(Transpose{*axes});
  } else if (reversed_axes) {
    add(Reshape{PermuteShape(output_, *reversed_axes)});
    add(Transpose{Inverse(*reversed_axes)});
  } else {
    const Factors merged = Merge(factors_);
    add(Reshape{merged.sizes});
    add(Transpose{merged.order});
  }
  add(Reshape{output_});
  return operators;
}

std::optional<Movement> Movement::UndoneInColumns(int64_t rows) const {
  if (output_.empty()) return {};
  Factors factors = factors_;
  const auto axes = Align(factors, output_);
  const size_t last = factors.order.size() - axes->back().size();
  for (size_t i = 0; i < last; ++i) {
    if (factors.order[i] != static_cast<int>(i)) return {};
  }
  Shape split = {rows};
  Permutation order = {0};
  for (size_t i = last; i < factors.order.size(); ++i) {
    split.push_back(factors.sizes[static_cast<size_t>(factors.order[i])]);
    order.push_back(factors.order[i] - static_cast<int>(last) + 1);
  }
  Movement undone({rows, output_.back()});
  Check(undone.AppendReshape(split), "columns do not split into factors");
  undone.AppendTranspose(Inverse(order));
  Check(undone.AppendReshape({rows, output_.back()}), "factors do not merge into columns");
  return undone;
}

}  // namespace qconvert
