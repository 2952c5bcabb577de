#include "lib/ops/lookup.h"

#include <numeric>

namespace qconvert {
namespace {

class LookupKernel : public Kernel {
 public:
  LookupKernel(const Int8Table& table, size_t elements) : table_(table), elements_(elements) {}

  std::string_view primitive() const override { return "table"; }

  void Run(const Buffers& buffers) const override {
    LookUp(table_, {reinterpret_cast<const int8_t*>(buffers.inputs[0]), elements_},
           {reinterpret_cast<int8_t*>(buffers.outputs[0]), elements_});
  }

 private:
  Int8Table table_;
  size_t elements_;
};

}  // namespace

std::unique_ptr<Kernel> PrepareLookup(const PrepareContext& context) {
  Tensor input = *context.inputs[0], output = *context.outputs[0];
  if (!IsInt8PerLayer(input) || !IsInt8PerLayer(output)) return nullptr;
  const auto elements = static_cast<size_t>(output.elements());
  input.shape = output.shape = {256};
  Int8Table inputs, table;
  std::iota(inputs.begin(), inputs.end(), int8_t{-128});
  const TensorView input_view{&input, reinterpret_cast<std::byte*>(inputs.data())};
  const TensorView output_view{&output, reinterpret_cast<std::byte*>(table.data())};
  OpOf(*context.node).reference_int8(*context.node, {&input_view, 1}, {&output_view, 1});
  return std::make_unique<LookupKernel>(table, elements);
}

}  // namespace qconvert
