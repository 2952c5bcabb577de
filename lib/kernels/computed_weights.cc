#include "lib/kernels/computed_weights.h"

#include <algorithm>
#include <vector>

#include "lib/base/vectorize.h"
#include "lib/graph/activation.h"
#include "lib/kernels/float_gemm.h"
#include "lib/kernels/patches.h"

namespace qconvert {
namespace {

const float* Floats(const Kernel::Buffers& buffers, size_t input) {
  return input < buffers.inputs.size() ? reinterpret_cast<const float*>(buffers.inputs[input])
                                       : nullptr;
}

/// Sets every row of a result to the bias.
void SetBias(const float* bias, size_t outputs, std::span<float> result) {
  if (bias == nullptr) {
    std::fill(result.begin(), result.end(), 0.0F);
    return;
  }
  for (size_t row = 0; row < result.size(); row += outputs) {
    std::copy_n(bias, outputs, result.begin() + static_cast<std::ptrdiff_t>(row));
  }
}

QCONVERT_VECTORIZE void Clamp(float* values, size_t count, float min, float max) {
  for (size_t i = 0; i < count; ++i) {
    const float above = values[i] < min ? min : values[i];
    values[i] = above > max ? max : above;
  }
}

void Activate(Activation activation, std::span<float> result) {
  if (activation == Activation::kNone) return;
  const Range range = ActivationRange(activation);
  Clamp(result.data(), result.size(), range.min, range.max);
}

/// Adds w x to a row of results: of one pixel x and one tap w.
QCONVERT_VECTORIZE void AddTap(const float* x, const float* w, size_t channels, size_t multiplier,
                               float* result) {
  if (multiplier == 1) {
    for (size_t c = 0; c < channels; ++c) result[c] += x[c] * w[c];
    return;
  }
  for (size_t o = 0; o < channels * multiplier; ++o) result[o] += x[o / multiplier] * w[o];
}

class ComputedKernel : public Kernel {
 public:
  explicit ComputedKernel(const PrepareContext& context)
      : node_(*context.node),
        image_(context.inputs[0]->shape),
        filter_(context.inputs[1]->shape),
        result_(context.outputs[0]->shape) {}

  std::string_view primitive() const override { return "computed weights"; }

 protected:
  std::span<float> Result(const Buffers& buffers) const {
    return {reinterpret_cast<float*>(buffers.outputs[0]),
            static_cast<size_t>(NumElements(result_))};
  }

  const Node& node_;
  const Shape image_, filter_, result_;
};

class ComputedConv2D : public ComputedKernel {
 public:
  explicit ComputedConv2D(const PrepareContext& context) : ComputedKernel(context) {
    layout_.channels = static_cast<size_t>(image_[3]);
    layout_.depth = static_cast<size_t>(filter_[3]);
    layout_.taps = static_cast<size_t>(filter_[1] * filter_[2]);
    outputs_ = static_cast<size_t>(filter_[0]);
    group_outputs_ = outputs_ / (layout_.channels / layout_.depth);
  }

  size_t scratch_bytes() const override {
    return PlacesAtOnce(layout_) * layout_.columns() * sizeof(float);
  }

  void Run(const Buffers& buffers) const override {
    const Conv2D& conv = *node_.As<Conv2D>();
    const auto result = Result(buffers);
    SetBias(Floats(buffers, 2), outputs_, result);
    ForEachPlaces(conv.window, filter_[1], filter_[2], image_, result_, PlacesAtOnce(layout_),
                  [&](size_t first, std::span<const Taps> places) {
                    AddPlaces(buffers, places, result.data() + first * outputs_);
                  });
    Activate(conv.activation, result);
  }

 private:
  void AddPlaces(const Buffers& buffers, std::span<const Taps> places, float* result) const {
    const size_t columns = layout_.columns();
    auto* patches = reinterpret_cast<float*>(buffers.scratch);
    PatchLayout layout = layout_;
    for (size_t group = 0; group * group_outputs_ < outputs_; ++group) {
      layout.first = group * layout.depth;
      GatherPatches(layout, places, Floats(buffers, 0), patches);
      const float* weights = Floats(buffers, 1) + group * group_outputs_ * columns;
      AddFloatProduct(places.size(), columns, group_outputs_, {patches, columns},
                      {weights, columns, true}, result + group * group_outputs_, outputs_);
    }
  }

  PatchLayout layout_;
  size_t outputs_ = 0, group_outputs_ = 0;
};

class ComputedDepthwiseConv2D : public ComputedKernel {
 public:
  using ComputedKernel::ComputedKernel;

  void Run(const Buffers& buffers) const override {
    const DepthwiseConv2D& conv = *node_.As<DepthwiseConv2D>();
    const auto channels = static_cast<size_t>(image_[3]), outputs = static_cast<size_t>(filter_[3]);
    const auto result = Result(buffers);
    SetBias(Floats(buffers, 2), outputs, result);
    ForEachPlace(
        conv.window, filter_[1], filter_[2], image_, result_, [&](size_t place, const Taps& taps) {
          taps.ForEach([&](size_t tap, size_t pixel) {
            AddTap(Floats(buffers, 0) + pixel * channels, Floats(buffers, 1) + tap * outputs,
                   channels, outputs / channels, result.data() + place * outputs);
          });
        });
    Activate(conv.activation, result);
  }
};

class ComputedFullyConnected : public ComputedKernel {
 public:
  using ComputedKernel::ComputedKernel;

  void Run(const Buffers& buffers) const override {
    const auto outputs = static_cast<size_t>(filter_[0]), depth = static_cast<size_t>(filter_[1]);
    const auto result = Result(buffers);
    SetBias(Floats(buffers, 2), outputs, result);
    AddFloatProduct(result.size() / outputs, depth, outputs, {Floats(buffers, 0), depth},
                    {Floats(buffers, 1), depth, true}, result.data(), outputs);
    Activate(node_.As<FullyConnected>()->activation, result);
  }
};

template <typename Computed>
std::unique_ptr<Kernel> Prepare(const PrepareContext& context) {
  if (context.outputs[0]->elements() == 0 || context.inputs[1]->elements() == 0) return nullptr;
  return std::make_unique<Computed>(context);
}

}  // namespace

std::unique_ptr<Kernel> PrepareComputedConv2D(const PrepareContext& context) {
  return Prepare<ComputedConv2D>(context);
}

std::unique_ptr<Kernel> PrepareComputedDepthwiseConv2D(const PrepareContext& context) {
  return Prepare<ComputedDepthwiseConv2D>(context);
}

std::unique_ptr<Kernel> PrepareComputedFullyConnected(const PrepareContext& context) {
  return Prepare<ComputedFullyConnected>(context);
}

}  // namespace qconvert
