// Gradients of TRANSPOSE_CONV.
#include <algorithm>

#include "lib/kernels/float_gemm.h"
#include "lib/kernels/patches.h"
#include "lib/ops/gradient_loops.h"
#include "lib/ops/gradients.h"

namespace qconvert {
namespace {

/// The matrices of a transposed convolution. The forward convolution from the result back to the
/// operand says which results a pixel reaches: with the patches P [pixels, taps * outputs] of dL/dy
/// that are those of a pixel, x [pixels, depth] and weights W [taps * outputs, depth] it is
/// dL/dx = P W and dL/dW = P^T x.
class TransposeConvGradients {
 public:
  TransposeConvGradients(const Window& window, const NodeGradients& gradients)
      : window_(window), gradients_(gradients) {
    const Shape& filter = gradients.inputs[1].shape();
    taps_ = static_cast<size_t>(filter[1] * filter[2]);
    depth_ = static_cast<size_t>(filter[3]);
    const auto outputs = static_cast<size_t>(filter[0]);
    layout_ = {.channels = outputs, .first = 0, .depth = outputs, .taps = taps_};
    by_weights_.assign(layout_.columns() * depth_, 0);
    weights_.resize(by_weights_.size());
    const auto values = gradients.inputs[1].Values<float>();
    ForEachWeight([&](size_t i, size_t at) { weights_[at] = values[i]; });
  }

  void Add(std::span<const float> by_y) {
    const Shape& filter = gradients_.inputs[1].shape();
    ForEachPlaces(window_, filter[1], filter[2], gradients_.outputs[0].shape(),
                  gradients_.inputs[0].shape(), PlacesAtOnce(layout_),
                  [&](size_t first, std::span<const Taps> places) {
                    patches_.resize(places.size() * layout_.columns());
                    GatherPatches(layout_, places, by_y.data(), patches_.data());
                    AddPlaces(first, places.size());
                  });
    if (!Wants(gradients_, 1)) return;
    ForEachWeight([&](size_t i, size_t at) { gradients_.by_inputs[1][i] += by_weights_[at]; });
  }

 private:
  void AddPlaces(size_t first, size_t count) {
    const size_t columns = layout_.columns();
    if (Wants(gradients_, 0)) {
      AddFloatProduct(count, columns, depth_, {patches_.data(), columns}, {weights_.data(), depth_},
                      &gradients_.by_inputs[0][first * depth_], depth_);
    }
    if (Wants(gradients_, 1)) {
      const float* x = gradients_.inputs[0].Values<float>().data() + first * depth_;
      AddFloatProduct(columns, count, depth_, {patches_.data(), columns, true}, {x, depth_},
                      by_weights_.data(), depth_);
    }
  }

  /// Calls visit(i, at): weight i [outputs, taps, depth] is weight `at` [taps, outputs, depth].
  template <typename Visit>
  void ForEachWeight(Visit visit) const {
    size_t i = 0;
    for (size_t o = 0; o < layout_.depth; ++o) {
      for (size_t tap = 0; tap < taps_; ++tap) {
        const size_t first = (tap * layout_.depth + o) * depth_;
        for (size_t d = 0; d < depth_; ++d) visit(i++, first + d);
      }
    }
  }

  const Window& window_;
  const NodeGradients& gradients_;
  PatchLayout layout_;
  size_t taps_ = 1, depth_ = 1;
  std::vector<float> weights_, by_weights_;  // [taps, outputs, depth]
  std::vector<float> patches_;
};

}  // namespace

/// y is the transpose of a convolution's matrix times x, plus b, clamped: its gradients are those
/// of a sum of products, dL/db the sum over all places of dL/dy before the clamp.
void TransposeConv2DBackward(const Node& node, const NodeGradients& gradients) {
  if (gradients.by_outputs[0].empty()) return;
  std::vector<float> masked;
  const std::span<const float> by_y = BeforeActivation(node, gradients, masked);
  if (Wants(gradients, 2)) AddRowSums(by_y, gradients.by_inputs[2]);
  TransposeConvGradients(node.As<TransposeConv2D>()->window, gradients).Add(by_y);
}

}  // namespace qconvert
