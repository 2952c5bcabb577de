// Float pools by oneDNN, on NHWC tensors.
#include "lib/kernels/onednn.h"
#include "lib/kernels/parted_kernel.h"
#include "lib/kernels/pool.h"

namespace qconvert {
namespace {

constexpr auto kF32 = dnnl::memory::data_type::f32;

template <typename Kind>
std::unique_ptr<Kernel> PrepareFloat(const PrepareContext& context, dnnl::algorithm algorithm) {
  if (context.outputs[0]->elements() == 0) return nullptr;
  const Kind& pool = *context.node->As<Kind>();
  const auto prepare = [&](const ConvolutionShape& shape) -> std::unique_ptr<Kernel> {
    const Window& window = shape.window;
    const dnnl::pooling_forward::primitive_desc primitive(
        EngineOf(context), dnnl::prop_kind::forward_inference, algorithm,
        NhwcDesc(shape.input, kF32), NhwcDesc(shape.output, kF32),
        {window.stride_h, window.stride_w}, {pool.filter_h, pool.filter_w}, {0, 0},
        {window.pad_top, window.pad_left}, {window.pad_bottom, window.pad_right},
        MakeAttributes(context, pool.activation));
    return std::make_unique<OneDnnKernel>(primitive, std::vector<int>{DNNL_ARG_SRC});
  };
  const ConvolutionShape whole{context.inputs[0]->shape,
                               {1, pool.filter_h, pool.filter_w, 1},
                               context.outputs[0]->shape,
                               pool.window};
  return OrNull([&] {
    auto bands = PrepareBands(context.threads, whole, sizeof(float), prepare);
    return bands != nullptr ? std::move(bands) : prepare(whole);
  });
}

}  // namespace

std::unique_ptr<Kernel> PrepareAveragePool2DFloat(const PrepareContext& context) {
  return PrepareFloat<AveragePool2D>(context, dnnl::algorithm::pooling_avg_exclude_padding);
}

std::unique_ptr<Kernel> PrepareMaxPool2DFloat(const PrepareContext& context) {
  return PrepareFloat<MaxPool2D>(context, dnnl::algorithm::pooling_max);
}

}  // namespace qconvert
