#include "test/support/prepared.h"

#include <oneapi/dnnl/dnnl.hpp>

#include "lib/kernels/instructions.h"
#include "lib/ops/op.h"

namespace qconvert {

Prepared::Prepared(const Graph& graph, Machine machine)
    : output(graph.tensor(graph.outputs.front())), machine_(machine) {
  RestrictInstructions();
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  const Node& node = graph.nodes().front();
  PrepareContext context{&node, {}, {&output}, &engine, machine.exact_int8_dot, machine.threads};
  const auto flip_of = [&](const Tensor& tensor) -> uint8_t {
    const bool lies_unsigned = machine.unsigned_bytes && tensor.type == ElementType::kInt8;
    return lies_unsigned && !tensor.is_constant() ? kSignFlip : 0;
  };
  for (TensorId id : node.inputs()) {
    context.inputs.push_back(&graph.tensor(id));
    context.input_flips.push_back(flip_of(graph.tensor(id)));
  }
  context.output_flips = {flip_of(output)};
  input_flips_ = context.input_flips;
  output_flip_ = context.output_flips[0];
  const Op& op = OpOf(node);
  const bool wide = context.inputs.front()->type == ElementType::kInt16;
  const PrepareFunction own = !IsInteger(graph, node) ? op.prepare_float
                              : wide                  ? op.prepare_int16
                                                      : op.prepare_int8;
  kernel = (machine.prepare != nullptr ? machine.prepare : own)(context);
}

void Prepared::RunInto(const std::vector<Tensor>& inputs, std::byte* result) const {
  std::vector<std::vector<std::byte>> lying;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const auto bytes = inputs[i].constant->bytes;
    lying.emplace_back(bytes.begin(), bytes.end());
    for (std::byte& byte : lying.back()) byte ^= std::byte{input_flips_[i]};
    lying.back().resize(bytes.size() + 64);  // kernels may read a line further
  }
  std::vector<const std::byte*> bytes;
  for (const auto& input : lying) bytes.push_back(input.data());
  ThreadPool threads(machine_.threads);
  const size_t stride = (kernel->scratch_bytes() + 63) / 64 * 64;
  std::vector<std::byte> scratch(stride * static_cast<size_t>(threads.threads()) + 64);
  const size_t odd = reinterpret_cast<uintptr_t>(scratch.data()) % 64;
  kernel->Run({bytes, {&result, 1}, scratch.data() + (64 - odd), stride, &threads});
  const size_t count = static_cast<size_t>(output.elements()) * ElementBytes(output.type);
  for (size_t i = 0; i < count; ++i) result[i] ^= std::byte{output_flip_};
}

}  // namespace qconvert
