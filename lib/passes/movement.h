// A chain of Transposes and Reshapes, as what it does to the elements. Passes that move layouts ask
// it what a chain costs and write it again with the fewest operators.
#pragma once

#include <optional>
#include <vector>

#include "lib/graph/operators.h"
#include "lib/graph/shape.h"

namespace qconvert {

using Permutation = std::vector<int>;  ///< result axis i is operand axis perm[i]

Permutation Inverse(const Permutation& perm);

/// Returns the shape that Transpose {perm} gives.
Shape PermuteShape(const Shape& shape, const Permutation& perm);

/// The operand's elements are cut into factors: [2, 12] is 2 x 3 x 4 if a Reshape to [6, 4]
/// followed. A chain puts the factors into another order; Reshapes only group them into axes.
/// Whatever the chain, it is then at most Reshape, Transpose, Reshape. The shape must have
/// elements.
class Movement {
 public:
  explicit Movement(Shape shape);

  void AppendTranspose(const Permutation& perm);
  /// Returns false, and changes nothing, when the Reshape cuts across factors that were moved:
  /// then the chain cannot be written so.
  [[nodiscard]] bool AppendReshape(const Shape& shape);
  /// Appends a Transpose or a Reshape; returns false for others, or as AppendReshape.
  [[nodiscard]] bool Append(const Operator& op);

  const Shape& input_shape() const { return input_; }
  const Shape& output_shape() const { return output_; }

  /// Returns whether the elements stay in their order: a Reshape, or nothing at all.
  bool KeepsOrder() const;
  /// Returns the shortest chain that does the same; empty when it changes nothing.
  std::vector<Operator> Operators() const;
  /// Returns what puts columns of a [rows, columns] matrix that count the output's last axis into
  /// the order of the input's elements; nothing when the chain moves more than that axis.
  std::optional<Movement> UndoneInColumns(int64_t rows) const;
  /// Returns the chain that undoes this one.
  Movement Reversed() const;
  /// Returns for each element of the output, in order, which element of the input it is.
  std::vector<int64_t> Sources() const;

 private:
  struct Factors {
    std::vector<int64_t> sizes;  // each > 1, in the input's order
    std::vector<int> order;      // of the output: indexes of sizes
  };
  static Factors Merge(const Factors& factors);
  static std::optional<std::vector<std::vector<int>>> Align(Factors& factors, const Shape& shape);
  std::optional<Permutation> InputAxes() const;

  Shape input_, output_;
  Factors factors_;  // aligned to output_: each of its axes is a run of factors
};

}  // namespace qconvert
