#include "lib/runner/compiled_graph.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/mapped_file.h"
#include "lib/base/parallel_for.h"
#include "lib/kernels/instructions.h"
#include "lib/ops/op.h"
#include "lib/runner/buffer_owners.h"
#include "lib/runner/dynamic_kernel.h"
#include "lib/runner/kernel_types.h"
#include "lib/runner/machine.h"
#include "lib/runner/reference_kernel.h"
#include "lib/runner/signed_kernel.h"
#include "lib/runner/tensor_places.h"
#include "lib/runner/unsigned_tensors.h"

namespace qconvert {
namespace {

bool HasInt16(const PrepareContext& context) {
  const auto is_int16 = [](const Tensor* tensor) {
    return tensor != nullptr && tensor->quant && tensor->type == ElementType::kInt16;
  };
  return std::ranges::any_of(context.inputs, is_int16) ||
         std::ranges::any_of(context.outputs, is_int16);
}

std::unique_ptr<Kernel> PrepareKernel(const Op& op, const PrepareContext& context, bool integer,
                                      RunnerOptions options) {
  if (integer) RequireKernelTypes(op, context);
  const bool wide = integer && HasInt16(context);
  const ReferenceFunction loops = wide      ? op.reference_int16
                                  : integer ? op.reference_int8
                                            : op.evaluate;
  const bool fast = options.kernels == KernelSet::kFast || !integer;
  const PrepareFunction prepare = wide      ? op.prepare_int16
                                  : integer ? op.prepare_int8
                                            : op.prepare_float;
  if (fast && prepare != nullptr) {
    if (auto kernel = prepare(context)) return kernel;
  }
  if (loops == nullptr) {
    Fail(ErrorKind::kUnsupported,
         std::string(op.name) + " has no " + (wide ? "int16" : "integer") + " kernel");
  }
  return MakeReferenceKernel(loops, context);
}

/// Prepares a kernel that honours the flips, or one between signed copies.
std::unique_ptr<Kernel> PrepareWithFlips(const Op& op, const PrepareContext& context, bool integer,
                                         RunnerOptions options) {
  std::unique_ptr<Kernel> kernel = PrepareKernel(op, context, integer, options);
  const auto is_flipped = [](uint8_t flip) { return flip != 0; };
  const bool flipped = std::ranges::any_of(context.input_flips, is_flipped) ||
                       std::ranges::any_of(context.output_flips, is_flipped);
  if (!flipped || kernel->HonoursFlips()) return kernel;
  PrepareContext plain = context;
  plain.input_flips = plain.output_flips = {};
  return MakeSignedKernel(PrepareKernel(op, plain, integer, options), context);
}

/// Counts the nodes that still need each constant: a kernel to be prepared, or one that reads it.
std::vector<size_t> CountUses(const Graph& graph) {
  std::vector<size_t> uses(static_cast<size_t>(graph.tensor_count()), 0);
  for (const Node& node : graph.nodes()) {
    for (TensorId id : node.inputs()) {
      if (id != kNoTensor) ++uses[static_cast<size_t>(id)];
    }
  }
  for (TensorId id : graph.outputs) ++uses[static_cast<size_t>(id)];
  return uses;
}

}  // namespace

CompiledGraph::CompiledGraph(Graph graph, RunnerOptions options) : graph_(std::move(graph)) {
  PlaceTensors(options);
  PrepareSteps(options);
}

void CompiledGraph::PlaceTensors(RunnerOptions options) {
  const std::vector<TensorId> owners = BufferOwners(graph_);
  flips_.assign(owners.size(), 0);
  if (options.kernels == KernelSet::kFast && HasExactInt8Dot()) flips_ = FindFlips(graph_, owners);
  const MemoryPlan plan = qconvert::PlaceTensors(graph_, owners);
  arena_bytes_ = plan.arena_bytes;
  slots_.resize(owners.size());
  for (size_t id = 0; id < slots_.size(); ++id) {
    const Tensor& tensor = graph_.tensor(static_cast<TensorId>(id));
    if (tensor.is_constant()) {
      slots_[id].constant = tensor.constant->bytes.data();
    } else {
      slots_[id].offset = plan.offsets[static_cast<size_t>(owners[id])];
    }
  }
}

void CompiledGraph::LetGo(Step& step, std::vector<size_t>& uses) {
  for (size_t i = 0; i < step.inputs.size(); ++i) {
    if (step.inputs[i].constant == nullptr || step.kernel->Reads(i)) continue;
    const auto id = static_cast<size_t>(step.node->input(i));
    std::optional<Constant>& constant = graph_.tensor(step.node->input(i)).constant;
    step.inputs[i] = {.absent = true};
    if (--uses[id] > 0) continue;
    if (constant->file != nullptr) constant->file->Release(constant->bytes);
    constant.reset();
    slots_[id] = {.absent = true};
  }
}

Step CompiledGraph::StepOf(const Node& node) const {
  Step step{&node, nullptr, {}, {}};
  for (TensorId id : node.inputs()) {
    step.inputs.push_back(id == kNoTensor ? BufferSlot{.absent = true} : Slot(id));
  }
  for (TensorId id : node.outputs()) step.outputs.push_back(Slot(id));
  return step;
}

PrepareContext CompiledGraph::ContextOf(const Node& node, RunnerOptions options) const {
  PrepareContext context{
      &node, {}, {}, CpuEngine(), HasExactInt8Dot(), options.threads, options.precision};
  for (TensorId id : node.inputs()) {
    context.inputs.push_back(id == kNoTensor ? nullptr : &graph_.tensor(id));
    context.input_flips.push_back(id == kNoTensor ? 0 : Flip(id));
  }
  for (TensorId id : node.outputs()) {
    context.outputs.push_back(&graph_.tensor(id));
    context.output_flips.push_back(Flip(id));
  }
  return context;
}

void CompiledGraph::Prepare(Step& step, RunnerOptions options) const {
  const Node& node = *step.node;
  const PrepareContext context = ContextOf(node, options);
  try {
    step.kernel = IsDynamic(graph_, node)
                      ? MakeDynamicKernel(context,
                                          [&](const PrepareContext& real) {
                                            return PrepareKernel(OpOf(node), real, false, options);
                                          })
                      : PrepareWithFlips(OpOf(node), context, IsInteger(graph_, node), options);
  } catch (const Error& error) {
    throw error.WithContext("node '" + node.name + "' (" + std::string(node.kind()) + ")");
  }
}

void CompiledGraph::PrepareSteps(RunnerOptions options) {
  for (const Node& node : graph_.nodes()) {
    if (OpOf(node).shares_bytes && !graph_.tensor(node.input(0)).is_constant()) continue;
    steps_.push_back(StepOf(node));
  }
  std::vector<size_t> uses = CountUses(graph_);
  std::mutex mutex;  // of what is left of constants
  ThreadPool(options.threads).Run(static_cast<int>(steps_.size()), [&](int index, int) {
    Step& step = steps_[static_cast<size_t>(index)];
    Prepare(step, options);
    const std::lock_guard lock(mutex);
    LetGo(step, uses);
    scratch_bytes_ = std::max(scratch_bytes_, step.kernel->scratch_bytes());
  });
}

}  // namespace qconvert
