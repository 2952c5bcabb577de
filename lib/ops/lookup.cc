#include "lib/ops/lookup.h"

#include <numeric>

#include "lib/kernels/lookup.h"

namespace qconvert {

std::unique_ptr<Kernel> PrepareLookup(const PrepareContext& context) {
  Tensor input = *context.inputs[0], output = *context.outputs[0];
  if (!IsInt8PerLayer(input) || !IsInt8PerLayer(output)) return nullptr;
  input.shape = output.shape = {256};
  Int8Table inputs, table;
  std::iota(inputs.begin(), inputs.end(), int8_t{-128});
  const TensorView input_view{&input, reinterpret_cast<std::byte*>(inputs.data())};
  const TensorView output_view{&output, reinterpret_cast<std::byte*>(table.data())};
  OpOf(*context.node).reference_int8(*context.node, {&input_view, 1}, {&output_view, 1});
  return MakeLookupKernel(context, table);
}

}  // namespace qconvert
