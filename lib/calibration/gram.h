// Gram matrices of what a layer's weights multiply: how its inputs vary together. Rounding methods
// that let one weight's error make up for another's read them.
#pragma once

#include "lib/calibration/tree_sum.h"

namespace qconvert {

/// How large the matrices of one layer are.
struct GramShape {
  size_t groups = 1;
  size_t rows = 0;  ///< values of a patch in one group

  friend bool operator==(const GramShape&, const GramShape&) = default;
};

/// Sums of products of patches, for each group of channels; of many positions an even sample of
/// some hundreds counts.
class PatchProducts : public Statistic {
 public:
  /// `sums` as the kinds below say.
  PatchProducts(GramShape shape, TreeSum sums) : shape_(shape), sums_(std::move(sums)) {}

  const GramShape& shape() const { return shape_; }
  double positions() const { return sums_.Total()[0]; }  ///< how many patches were added

  void Append(Statistic&& next) override;
  void Write(ByteWriter& writer) const override;

 protected:
  GramShape shape_;
  TreeSum sums_;  // the number of positions, then what the kind sums
};

/// Statistic of a layer: H = sum x x^T over the patches x that its weights multiply.
class Gram : public PatchProducts {
 public:
  static const StatisticKind kKind;
  /// Layers with more rows have none: their matrices would not fit into memory.
  static constexpr size_t kMostRows = 8192;

  /// `sums` ends with the lower triangle of each group, row by row.
  using PatchProducts::PatchProducts;

  /// Returns H of one group, [rows, rows], real units squared.
  std::vector<double> Matrix(size_t group) const;
};

/// Statistic of a layer behind a quantized prefix: G = sum x^ x^T over the same patches of the
/// input x^ that the quantized prefix gives and of the float network's x.
class CrossGram : public PatchProducts {
 public:
  /// Two networks are observed side by side, so there is no `observe`.
  static const StatisticKind kKind;

  /// `sums` ends with the matrix of each group, row by row.
  using PatchProducts::PatchProducts;

  /// Returns G of one group, [rows, rows], real units squared; the rows are of x^.
  std::vector<double> Matrix(size_t group) const;
};

/// Returns what one sample tells of a layer behind a quantized prefix.
///   layer      one of Gram::kKind.subjects(graph)
///   quantized  the layer's input as the quantized prefix gives it, in real units
///   exact      as the float network gives it
std::unique_ptr<CrossGram> ObserveCrossGram(const Graph& graph, const Subject& layer, size_t sample,
                                            std::span<const float> quantized,
                                            std::span<const float> exact);

}  // namespace qconvert
