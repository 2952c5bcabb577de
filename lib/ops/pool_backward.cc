// Gradients of AVERAGE_POOL_2D and MAX_POOL_2D.
#include <utility>

#include "lib/kernels/window_places.h"
#include "lib/ops/gradient_loops.h"
#include "lib/ops/gradients.h"

namespace qconvert {
namespace {

/// Calls visit(at, by_y, taps) for each place of the window: its results begin at element `at`,
/// their gradients, before the fused activation, are by_y [C].
template <typename Kind, typename Visit>
void ForEachWindow(const Node& node, const NodeGradients& gradients, Visit visit) {
  const Kind& pool = *node.As<Kind>();
  std::vector<float> masked;
  const std::span<const float> by_y = BeforeActivation(node, gradients, masked);
  const Shape &image = gradients.inputs[0].shape(), &result = gradients.outputs[0].shape();
  const auto channels = static_cast<size_t>(image[3]);
  ForEachPlace(pool.window, pool.filter_h, pool.filter_w, image, result,
               [&](size_t place, const Taps& taps) {
                 visit(place * channels, by_y.subspan(place * channels, channels), taps);
               });
}

}  // namespace

/// Each pixel of a window of n pixels, without the padding, has dL/dy / n.
void AveragePool2DBackward(const Node& node, const NodeGradients& gradients) {
  if (!Wants(gradients, 0)) return;
  float* by_x = gradients.by_inputs[0].data();
  ForEachWindow<AveragePool2D>(node, gradients,
                               [&](size_t, std::span<const float> by_y, const Taps& taps) {
                                 const float part = 1 / static_cast<float>(taps.count());
                                 taps.ForEach([&](size_t, size_t pixel) {
                                   float* to = by_x + pixel * by_y.size();
                                   for (size_t c = 0; c < by_y.size(); ++c) to[c] += by_y[c] * part;
                                 });
                               });
}

/// The first pixel of a window that equals the maximum has dL/dy.
void MaxPool2DBackward(const Node& node, const NodeGradients& gradients) {
  if (!Wants(gradients, 0)) return;
  const float* x = gradients.inputs[0].Values<float>().data();
  const float* y = gradients.outputs[0].Values<float>().data();
  float* by_x = gradients.by_inputs[0].data();
  std::vector<float> left;  // what no pixel has been given yet
  ForEachWindow<MaxPool2D>(node, gradients,
                           [&](size_t at, std::span<const float> by_y, const Taps& taps) {
                             left.assign(by_y.begin(), by_y.end());
                             taps.ForEach([&](size_t, size_t pixel) {
                               const size_t from = pixel * left.size();
                               for (size_t c = 0; c < left.size(); ++c) {
                                 if (x[from + c] == y[at + c])
                                   by_x[from + c] += std::exchange(left[c], 0.0F);
                               }
                             });
                           });
}

}  // namespace qconvert
