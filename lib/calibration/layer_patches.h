// What the weights of one layer are multiplied with: the patches of its input, one for every
// position of its result. Gram matrices are summed over them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "lib/calibration/statistic.h"

namespace qconvert {

/// Returns the layers of a graph: nodes with weights and a float input that is computed or given.
std::vector<Subject> Layers(const Graph& graph);

/// The patches of a convolution (depthwise, with groups, transposed) or fully connected layer. The
/// values of a patch lie as the weights of one output channel: [KH, KW, I / groups] for each group.
class LayerPatches {
 public:
  /// `layer` is one of Layers(graph).
  LayerPatches(const Graph& graph, const Node& layer);

  size_t groups() const { return groups_; }        ///< C of a depthwise layer, else often 1
  size_t rows() const { return taps_ * depth_; }   ///< values of a patch in one group
  size_t positions() const { return positions_; }  ///< of the result: N OH OW

  /// Writes the patch of one position; places in the padding are 0.
  ///   input  the layer's, [N, H, W, I] or [.., I]
  ///   patch  [groups, rows]
  void Copy(std::span<const float> input, size_t position, std::span<float> patch) const;

 private:
  /// The places of one axis, H or W, that meet.
  struct Axis {
    int64_t input = 1, filter = 1, output = 1;
    int64_t stride = 1, dilation = 1, pad = 0;
    bool transposed = false;

    /// Returns which place of the input tap k of the result's place meets; -1 for none.
    int64_t Meets(int64_t place, int64_t tap) const;
  };

  void SetWindow(const Window& window, const Shape& input, const Shape& weights,
                 const Shape& output);

  Axis h_, w_;
  size_t groups_ = 1, depth_ = 1, taps_ = 1, positions_ = 0;
};

}  // namespace qconvert
