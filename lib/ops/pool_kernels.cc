// Float pools by oneDNN, on NHWC tensors.
#include "lib/ops/pool_kernels.h"

#include "lib/ops/onednn.h"

namespace qconvert {
namespace {

using dnnl::memory;

/// A pool as oneDNN wants it.
struct PoolSpec {
  dnnl::algorithm algorithm;
  memory::data_type type;
  dnnl::primitive_attr attributes;
};

template <typename Kind>
std::unique_ptr<Kernel> Prepare(const PrepareContext& context, const PoolSpec& spec) {
  if (context.outputs[0]->elements() == 0) return nullptr;
  const Kind& pool = *context.node->As<Kind>();
  const Window& window = pool.window;
  return OrNull([&] {
    const dnnl::pooling_forward::primitive_desc primitive(
        EngineOf(context), dnnl::prop_kind::forward_inference, spec.algorithm,
        NhwcDesc(context.inputs[0]->shape, spec.type),
        NhwcDesc(context.outputs[0]->shape, spec.type), {window.stride_h, window.stride_w},
        {pool.filter_h, pool.filter_w}, {0, 0}, {window.pad_top, window.pad_left},
        {window.pad_bottom, window.pad_right}, spec.attributes);
    return std::make_unique<OneDnnKernel>(primitive, std::vector<int>{DNNL_ARG_SRC});
  });
}

template <typename Kind>
std::unique_ptr<Kernel> PrepareFloat(const PrepareContext& context, dnnl::algorithm algorithm) {
  const Activation activation = context.node->As<Kind>()->activation;
  return Prepare<Kind>(context, {algorithm, memory::data_type::f32, MakeAttributes(activation)});
}

}  // namespace

std::unique_ptr<Kernel> PrepareAveragePool2DFloat(const PrepareContext& context) {
  return PrepareFloat<AveragePool2D>(context, dnnl::algorithm::pooling_avg_exclude_padding);
}

std::unique_ptr<Kernel> PrepareMaxPool2DFloat(const PrepareContext& context) {
  return PrepareFloat<MaxPool2D>(context, dnnl::algorithm::pooling_max);
}

}  // namespace qconvert
