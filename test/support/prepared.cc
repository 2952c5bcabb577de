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
  for (TensorId id : node.inputs()) context.inputs.push_back(&graph.tensor(id));
  const Op& op = OpOf(node);
  const bool wide = context.inputs.front()->type == ElementType::kInt16;
  kernel = (!IsInteger(graph, node) ? op.prepare_float
            : wide                  ? op.prepare_int16
                                    : op.prepare_int8)(context);
}

void Prepared::RunInto(const std::vector<Tensor>& inputs, std::byte* result) const {
  std::vector<const std::byte*> bytes;
  for (const Tensor& input : inputs) bytes.push_back(input.constant->bytes.data());
  ThreadPool threads(machine_.threads);
  const size_t stride = (kernel->scratch_bytes() + 63) / 64 * 64;
  std::vector<std::byte> scratch(stride * static_cast<size_t>(threads.threads()) + 64);
  const size_t odd = reinterpret_cast<uintptr_t>(scratch.data()) % 64;
  kernel->Run({bytes, {&result, 1}, scratch.data() + (64 - odd), stride, &threads});
}

}  // namespace qconvert
