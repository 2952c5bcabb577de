// Convolutions by oneDNN on NHWC tensors, split among the threads of an inference. conv_float.cc,
// conv_int8_onednn.cc and fully_connected.cc make them.
#pragma once

#include <vector>

#include "lib/kernels/conv.h"
#include "lib/kernels/onednn.h"

namespace qconvert {

struct OneDnnConvolution {
  ConvolutionShape shape;
  OneDnnWeights weights;  ///< [groups, O/groups, I/groups, KH, KW], float32 or int8
  dnnl::primitive_attr attributes;
  std::vector<float> weight_scales = {};  ///< of int8 weights, [O] or [1]
  OneDnnConstants tensor_params = {};     ///< scales and zero points of 8-bit tensors
  dnnl::memory::data_type input_type = dnnl::memory::data_type::f32;
  dnnl::memory::data_type output_type = dnnl::memory::data_type::f32;
};

/// Returns dense weights [O,KH,KW,I/groups] with their axes as oneDNN orders them: [groups,
/// O/groups, I/groups, KH, KW].
dnnl::memory::desc DenseDesc(const Shape& ohwi, int64_t groups, dnnl::memory::data_type type);

/// Prepares a convolution: in slices of its output channels where weights are what is read most,
/// in bands of its output rows elsewhere, whole where oneDNN would then compute in another way.
/// Throws dnnl::error when oneDNN has no implementation.
std::unique_ptr<Kernel> PrepareOneDnnConvolution(const PrepareContext& context,
                                                 const OneDnnConvolution& convolution);

}  // namespace qconvert
