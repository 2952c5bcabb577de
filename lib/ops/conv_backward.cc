// Gradients of CONV_2D and DEPTHWISE_CONV_2D.
#include <algorithm>

#include "lib/base/vectorize.h"
#include "lib/kernels/float_gemm.h"
#include "lib/kernels/patches.h"
#include "lib/ops/gradient_loops.h"
#include "lib/ops/gradients.h"

namespace qconvert {
namespace {

/// The matrices of one group of a convolution: with G = dL/dy [places, outputs], the patches
/// P [places, columns] of the image and the weights W [outputs, columns] it is y = P W^T, so that
/// dL/dW = G^T P and dL/dP = G W. Patches are laid out some places at a time.
class ConvGradients {
 public:
  ConvGradients(const Conv2D& conv, std::span<const float> by_y, const NodeGradients& gradients)
      : conv_(conv), by_y_(by_y), gradients_(gradients) {
    const Shape &image = gradients.inputs[0].shape(), &filter = gradients.inputs[1].shape();
    layout_.channels = static_cast<size_t>(image[3]);
    layout_.depth = static_cast<size_t>(filter[3]);
    layout_.taps = static_cast<size_t>(filter[1] * filter[2]);
    outputs_ = static_cast<size_t>(filter[0]);
    group_outputs_ = outputs_ / (layout_.channels / layout_.depth);
    patches_.resize(PlacesAtOnce(layout_) * layout_.columns());
  }

  void Add() {
    const Shape& filter = gradients_.inputs[1].shape();
    ForEachPlaces(conv_.window, filter[1], filter[2], gradients_.inputs[0].shape(),
                  gradients_.outputs[0].shape(), PlacesAtOnce(layout_),
                  [&](size_t first, std::span<const Taps> places) { AddPlaces(first, places); });
  }

 private:
  void AddPlaces(size_t first, std::span<const Taps> places) {
    for (size_t group = 0; group * group_outputs_ < outputs_; ++group) {
      layout_.first = group * layout_.depth;
      const float* by_y = by_y_.data() + first * outputs_ + group * group_outputs_;
      if (Wants(gradients_, 1)) AddToWeights(places, by_y, group);
      if (Wants(gradients_, 0)) AddToImage(places, by_y, group);
    }
  }

  void AddToWeights(std::span<const Taps> places, const float* by_y, size_t group) {
    const size_t columns = layout_.columns();
    GatherPatches(layout_, places, gradients_.inputs[0].Values<float>().data(), patches_.data());
    AddFloatProduct(group_outputs_, places.size(), columns, {by_y, outputs_, true},
                    {patches_.data(), columns}, WeightsOf(gradients_.by_inputs[1].data(), group),
                    columns);
  }

  void AddToImage(std::span<const Taps> places, const float* by_y, size_t group) {
    const size_t columns = layout_.columns();
    std::fill_n(patches_.begin(), places.size() * columns, 0.0F);
    const float* weights = WeightsOf(gradients_.inputs[1].Values<float>().data(), group);
    AddFloatProduct(places.size(), group_outputs_, columns, {by_y, outputs_}, {weights, columns},
                    patches_.data(), columns);
    ScatterPatches(layout_, places, patches_.data(), gradients_.by_inputs[0].data());
  }

  template <typename T>
  T* WeightsOf(T* weights, size_t group) const {
    return weights + group * group_outputs_ * layout_.columns();
  }

  const Conv2D& conv_;
  std::span<const float> by_y_;
  const NodeGradients& gradients_;
  PatchLayout layout_;
  size_t outputs_ = 0, group_outputs_ = 0;
  std::vector<float> patches_;
};

/// Returns whether place i reads pixel i and no other.
bool IsPointwise(const Window& window, const Shape& filter) {
  const Window still{.dilation_h = window.dilation_h, .dilation_w = window.dilation_w};
  return filter[1] == 1 && filter[2] == 1 && window == still;
}

/// What a depthwise convolution reads and what it adds to.
struct DepthwiseLoops {
  size_t channels = 0, multiplier = 1;  ///< result channel c M + m reads channel c
  const float* by_y = nullptr;          ///< [N,OH,OW,C*M]
  const float* image = nullptr;         ///< [N,H,W,C]
  const float* weights = nullptr;       ///< [KH,KW,C*M]
};

/// Adds for one tap and pixel x and for one place y: dL/dw += dL/dy x.
QCONVERT_VECTORIZE void AddToTap(const DepthwiseLoops& loops, const float* by_y, const float* x,
                                 double* by_tap) {
  if (loops.multiplier == 1) {
    for (size_t c = 0; c < loops.channels; ++c) by_tap[c] += double{by_y[c]} * double{x[c]};
    return;
  }
  for (size_t o = 0; o < loops.channels * loops.multiplier; ++o) {
    by_tap[o] += double{by_y[o]} * double{x[o / loops.multiplier]};
  }
}

/// Adds for one tap and pixel x and for one place y: dL/dx += dL/dy w.
QCONVERT_VECTORIZE void AddToPixel(const DepthwiseLoops& loops, const float* by_y, const float* tap,
                                   float* by_x) {
  if (loops.multiplier == 1) {
    for (size_t c = 0; c < loops.channels; ++c) by_x[c] += by_y[c] * tap[c];
    return;
  }
  for (size_t o = 0; o < loops.channels * loops.multiplier; ++o) {
    by_x[o / loops.multiplier] += by_y[o] * tap[o];
  }
}

void AddDepthwiseToWeights(const DepthwiseConv2D& conv, const DepthwiseLoops& loops,
                           const NodeGradients& gradients) {
  const Shape& filter = gradients.inputs[1].shape();
  const size_t outputs = loops.channels * loops.multiplier;
  std::vector<double> sums(gradients.by_inputs[1].size(), 0);
  ForEachPlace(conv.window, filter[1], filter[2], gradients.inputs[0].shape(),
               gradients.outputs[0].shape(), [&](size_t place, const Taps& taps) {
                 taps.ForEach([&](size_t tap, size_t pixel) {
                   AddToTap(loops, loops.by_y + place * outputs,
                            loops.image + pixel * loops.channels, &sums[tap * outputs]);
                 });
               });
  AddSums(sums, gradients.by_inputs[1]);
}

void AddDepthwiseToImage(const DepthwiseConv2D& conv, const DepthwiseLoops& loops,
                         const NodeGradients& gradients) {
  const Shape& filter = gradients.inputs[1].shape();
  const size_t outputs = loops.channels * loops.multiplier;
  ForEachPlace(conv.window, filter[1], filter[2], gradients.inputs[0].shape(),
               gradients.outputs[0].shape(), [&](size_t place, const Taps& taps) {
                 taps.ForEach([&](size_t tap, size_t pixel) {
                   AddToPixel(loops, loops.by_y + place * outputs, loops.weights + tap * outputs,
                              &gradients.by_inputs[0][pixel * loops.channels]);
                 });
               });
}

}  // namespace

/// y = P W^T + b, clamped, for the patches P of the image: the gradients are those of an inner
/// product, and dL/db is the sum of dL/dy before the clamp over all places.
void Conv2DBackward(const Node& node, const NodeGradients& gradients) {
  if (gradients.by_outputs[0].empty()) return;
  const Conv2D& conv = *node.As<Conv2D>();
  std::vector<float> masked;
  const std::span<const float> by_y = BeforeActivation(node, gradients, masked);
  const Shape &image = gradients.inputs[0].shape(), &filter = gradients.inputs[1].shape();
  if (Wants(gradients, 2)) AddRowSums(by_y, gradients.by_inputs[2]);
  if (IsPointwise(conv.window, filter)) {
    AddInnerProduct(gradients, by_y, static_cast<size_t>(image[3] / filter[3]));
  } else {
    ConvGradients(conv, by_y, gradients).Add();
  }
}

/// y_o = sum over taps of w_o x_c + b_o, clamped, where o reads channel c: dL/dx_c = sum of w_o
/// dL/dy_o and dL/dw_o = sum of x_c dL/dy_o, with dL/dy before the clamp.
void DepthwiseConv2DBackward(const Node& node, const NodeGradients& gradients) {
  if (gradients.by_outputs[0].empty()) return;
  const DepthwiseConv2D& conv = *node.As<DepthwiseConv2D>();
  std::vector<float> masked;
  const std::span<const float> by_y = BeforeActivation(node, gradients, masked);
  const auto channels = static_cast<size_t>(gradients.inputs[0].shape()[3]);
  const auto outputs = static_cast<size_t>(gradients.inputs[1].shape()[3]);
  const DepthwiseLoops loops{channels, outputs / channels, by_y.data(),
                             gradients.inputs[0].Values<float>().data(),
                             gradients.inputs[1].Values<float>().data()};
  if (Wants(gradients, 2)) AddRowSums(by_y, gradients.by_inputs[2]);
  if (Wants(gradients, 1)) AddDepthwiseToWeights(conv, loops, gradients);
  if (Wants(gradients, 0)) AddDepthwiseToImage(conv, loops, gradients);
}

}  // namespace qconvert
