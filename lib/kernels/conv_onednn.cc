#include "lib/kernels/conv_onednn.h"

#include <algorithm>
#include <string>
#include <utility>

#include "lib/kernels/parted_kernel.h"

namespace qconvert {
namespace {

using dnnl::memory;
using PrimitiveDesc = dnnl::convolution_forward::primitive_desc;

PrimitiveDesc Describe(const PrepareContext& context, const OneDnnConvolution& convolution,
                       const memory::desc& weights) {
  const Window& window = convolution.shape.window;
  return {EngineOf(context),
          dnnl::prop_kind::forward_inference,
          dnnl::algorithm::convolution_direct,
          NhwcDesc(convolution.shape.input, convolution.input_type),
          weights,
          convolution.weights.bias_desc(),
          NhwcDesc(convolution.shape.output, convolution.output_type),
          {window.stride_h, window.stride_w},
          {window.dilation_h - 1, window.dilation_w - 1},
          {window.pad_top, window.pad_left},
          {window.pad_bottom, window.pad_right},
          convolution.attributes};
}

OneDnnConstants ConstantsOf(const PrepareContext& context, const OneDnnConvolution& convolution,
                            const PrimitiveDesc& described) {
  const dnnl::engine& engine = EngineOf(context);
  OneDnnConstants constants = Repacked(engine, convolution.weights, described);
  constants.insert(convolution.tensor_params.begin(), convolution.tensor_params.end());
  if (!convolution.weight_scales.empty()) {
    constants[DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS] =
        MemoryOf(engine, convolution.weight_scales);
  }
  return constants;
}

std::unique_ptr<Kernel> MakeKernel(const PrimitiveDesc& described, OneDnnConstants constants) {
  return std::make_unique<OneDnnKernel>(described, std::vector<int>{DNNL_ARG_SRC},
                                        std::move(constants));
}

bool IsSameWay(const PrimitiveDesc& a, const PrimitiveDesc& b) {
  return std::string(a.impl_info_str()) == b.impl_info_str();
}

int64_t ElementBytesOf(const OneDnnConvolution& convolution) {
  return convolution.weights.desc.get_data_type() == memory::data_type::f32 ? 4 : 1;
}

/// Splits one image into bands, one for each thread, which share the weights; null when it cannot.
std::unique_ptr<Kernel> PrepareInBands(const PrepareContext& context,
                                       const OneDnnConvolution& whole,
                                       const PrimitiveDesc& described) {
  if (BandsOf(context.threads, whole.shape) < 2) return nullptr;
  const OneDnnConstants constants = ConstantsOf(context, whole, described);
  return PrepareBands(context.threads, whole.shape, ElementBytesOf(whole),
                      [&](const ConvolutionShape& shape) -> std::unique_ptr<Kernel> {
                        OneDnnConvolution part = whole;
                        part.shape = shape;
                        const PrimitiveDesc desc =
                            Describe(context, part, described.weights_desc());
                        if (!IsSameWay(desc, described)) return nullptr;
                        return MakeKernel(desc, constants);
                      });
}

OneDnnConvolution SliceOf(const OneDnnConvolution& whole, int64_t first, int64_t count) {
  OneDnnConvolution slice = whole;
  slice.weights = OutputsOf(whole.weights, 1, first, count);
  slice.shape.filter[0] = slice.shape.output[3] = count;
  if (whole.weight_scales.size() > 1) {
    const auto from = whole.weight_scales.begin() + first;
    slice.weight_scales.assign(from, from + count);
  }
  return slice;
}

/// Splits the output channels of an ungrouped convolution; null when it cannot.
std::unique_ptr<Kernel> PrepareInSlices(const PrepareContext& context,
                                        const OneDnnConvolution& whole,
                                        const PrimitiveDesc& described) {
  const Shape& out = whole.shape.output;
  if (whole.weights.desc.get_dims()[0] != 1) return nullptr;
  const auto prepare = [&](int64_t first, int64_t count) -> std::unique_ptr<Kernel> {
    const OneDnnConvolution slice = SliceOf(whole, first, count);
    const PrimitiveDesc desc = Describe(context, slice, slice.weights.any_desc());
    if (!IsSameWay(desc, described)) return nullptr;
    return MakeKernel(desc, ConstantsOf(context, slice, desc));
  };
  return PrepareSlices(context.threads, {out[0] * out[1] * out[2], out[3], ElementBytesOf(whole)},
                       prepare);
}

}  // namespace

memory::desc DenseDesc(const Shape& ohwi, int64_t groups, memory::data_type type) {
  const int64_t o = ohwi[0] / groups, h = ohwi[1], w = ohwi[2], i = ohwi[3];
  return {{groups, o, i, h, w}, type, memory::dims{o * h * w * i, h * w * i, 1, w * i, i}};
}

std::unique_ptr<Kernel> PrepareOneDnnConvolution(const PrepareContext& context,
                                                 const OneDnnConvolution& convolution) {
  const PrimitiveDesc described = Describe(context, convolution, convolution.weights.any_desc());
  const ConvolutionShape& shape = convolution.shape;
  const bool reads_weights =
      NumElements(shape.filter) > NumElements(shape.input) + NumElements(shape.output);
  using Prepare = decltype(&PrepareInBands);
  Prepare ways[] = {PrepareInBands, PrepareInSlices};
  if (reads_weights) std::swap(ways[0], ways[1]);
  for (const Prepare prepare : ways) {
    if (auto kernel = OrNull([&] { return prepare(context, convolution, described); })) {
      return kernel;
    }
  }
  return MakeKernel(described, ConstantsOf(context, convolution, described));
}

}  // namespace qconvert
