#include "lib/tuning/simulation_run.h"

#include <algorithm>

#include "lib/base/alignment.h"
#include "lib/ops/op.h"
#include "lib/runner/machine.h"
#include "lib/runner/reference_kernel.h"
#include "lib/tuning/file_values.h"

namespace qconvert {
namespace {

/// Between buffers: vector kernels may read past a tensor's end.
constexpr size_t kSlack = kCacheLine / sizeof(float);

std::unique_ptr<Kernel> Prepare(const Graph& graph, const Node& node) {
  PrepareContext context;
  context.node = &node;
  context.engine = CpuEngine();
  for (TensorId id : node.inputs()) {
    context.inputs.push_back(id == kNoTensor ? nullptr : &graph.tensor(id));
  }
  for (TensorId id : node.outputs()) context.outputs.push_back(&graph.tensor(id));
  const Op& op = OpOf(node);
  try {
    auto kernel = op.prepare_float == nullptr ? nullptr : op.prepare_float(context);
    return kernel ? std::move(kernel) : MakeReferenceKernel(op.evaluate, context);
  } catch (const Error& error) {
    throw error.WithContext("node '" + node.name + "' (" + std::string(node.kind()) + ")");
  }
}

size_t FloatsFor(const Tensor& tensor) {
  return Aligned(tensor.bytes() + kCacheLine) / sizeof(float);
}

}  // namespace

SimulationKernels::SimulationKernels(const TrainedGraph& graph) {
  for (const Node& node : graph.graph().nodes()) {
    steps_.push_back({&node, Prepare(graph.graph(), node), graph.IsForStatistics(node)});
    scratch_bytes_ = std::max(scratch_bytes_, steps_.back().kernel->scratch_bytes());
  }
}

SimulationRun::SimulationRun(const TrainedGraph& graph, const SimulationKernels& kernels)
    : graph_(graph),
      kernels_(kernels),
      buffers_(static_cast<size_t>(graph.graph().tensor_count())),
      parameters_(buffers_.size()),
      memory_(Place(nullptr)),
      scratch_(kernels.scratch_bytes() + 2 * kCacheLine) {
  Place(memory_.data());
}

namespace {

/// Calls body(tensor, segment) for every tensor that parameters stand for.
template <typename Body>
void ForEachParameter(const TrainedGraph& graph, const Body& body) {
  for (const TrainedLayer& layer : graph.layers()) {
    body(layer.weights, layer.weights_segment);
    if (layer.bias != kNoTensor) body(layer.bias, layer.bias_segment);
    if (!layer.norm) continue;
    body(layer.norm->unfolded, layer.norm->unfolded_segment);
    body(layer.norm->scale, layer.norm->gamma_segment);
    body(layer.norm->shift, layer.norm->beta_segment);
  }
}

}  // namespace

/// Gives each tensor its buffers behind `memory`, and returns how many floats they take.
size_t SimulationRun::Place(float* memory) {
  size_t used = kSlack;
  const auto take = [&](const Tensor& tensor) {
    float* place = memory == nullptr ? nullptr : memory + used;
    used += FloatsFor(tensor) + kSlack;
    return place;
  };
  std::vector<bool> is_parameter(buffers_.size());
  ForEachParameter(graph_,
                   [&](TensorId id, size_t) { is_parameter[static_cast<size_t>(id)] = true; });
  for (size_t id = 0; id < buffers_.size(); ++id) {
    const Tensor& tensor = graph_.graph().tensor(static_cast<TensorId>(id));
    if (tensor.is_constant() || is_parameter[id]) continue;
    Buffer& buffer = buffers_[id];
    buffer.computed = take(tensor);
    buffer.read = graph_.RoundingOf(static_cast<TensorId>(id)) ? take(tensor) : buffer.computed;
    if (!graph_.IsWanted(static_cast<TensorId>(id))) continue;
    buffer.gradient = {take(tensor), static_cast<size_t>(tensor.elements())};
  }
  return used;
}

std::byte* SimulationRun::ReadBytes(TensorId id) const {
  const Tensor& tensor = graph_.graph().tensor(id);
  if (tensor.is_constant()) return const_cast<std::byte*>(tensor.constant->bytes.data());
  return reinterpret_cast<std::byte*>(buffers_[static_cast<size_t>(id)].read);
}

std::byte* SimulationRun::ComputedBytes(TensorId id) const {
  return reinterpret_cast<std::byte*>(buffers_[static_cast<size_t>(id)].computed);
}

std::span<std::byte> SimulationRun::Input(size_t i) {
  const TensorId id = graph_.graph().inputs.at(i);
  return {ComputedBytes(id), graph_.graph().tensor(id).bytes()};
}

std::span<const float> SimulationRun::Value(TensorId id) const {
  return {reinterpret_cast<const float*>(ReadBytes(id)),
          static_cast<size_t>(graph_.graph().tensor(id).elements())};
}

std::span<float> SimulationRun::Gradient(TensorId id) {
  return buffers_[static_cast<size_t>(id)].gradient;
}

void SimulationRun::Round(TensorId id) {
  const RoundedTensor* rounded = graph_.RoundingOf(id);
  if (rounded == nullptr) return;
  const Buffer& buffer = buffers_[static_cast<size_t>(id)];
  const auto count = static_cast<size_t>(graph_.graph().tensor(id).elements());
  FakeQuantize({buffer.computed, count}, GridOf(graph_, *rounded, file_values_),
               {buffer.read, count});
  if (!drop_.any()) return;
  drop_.Draw(id, count, mask_);
  TakeUnrounded(mask_, {buffer.computed, count}, {buffer.read, count});
}

void SimulationRun::Forward(std::span<const float> file_values) {
  Begin(file_values);
  for (size_t i = 0; i < kernels_.count(); ++i) {
    if (!kernels_.IsForStatistics(i)) RunForward(kernels_.node(i), kernels_.kernel(i));
  }
}

void SimulationRun::Advance(size_t first, size_t last) {
  for (size_t i = first; i < last; ++i) RunForward(kernels_.node(i), kernels_.kernel(i));
}

void SimulationRun::Begin(std::span<const float> file_values) {
  file_values_ = file_values;
  ForEachParameter(graph_, [&](TensorId id, size_t segment) {
    // Kernels take no operand as const; they write results alone.
    auto* values = const_cast<float*>(graph_.segments()[segment].Of(file_values).data());
    buffers_[static_cast<size_t>(id)] = {values, values};
  });
  for (const Buffer& buffer : buffers_) {
    std::fill(buffer.gradient.begin(), buffer.gradient.end(), 0.0F);
  }
  for (TensorId id : graph_.graph().inputs) Round(id);
}

void SimulationRun::RunForward(const Node& node, const Kernel& kernel) {
  std::vector<const std::byte*> inputs;
  for (TensorId id : node.inputs()) {
    inputs.push_back(id == kNoTensor ? nullptr : ReadBytes(id));
  }
  std::vector<std::byte*> outputs;
  for (TensorId id : node.outputs()) outputs.push_back(ComputedBytes(id));
  kernel.Run({inputs, outputs, scratch_.data() + kCacheLine});
  for (TensorId id : node.outputs()) Round(id);
}

void SimulationRun::Backward(std::span<float> sums) {
  BindSums(sums);
  for (size_t i = kernels_.count(); i-- > 0;) {
    if (!kernels_.IsForStatistics(i)) RetreatOver(i, sums);
  }
}

void SimulationRun::Retreat(size_t first, size_t last, std::span<float> sums) {
  BindSums(sums);
  for (size_t i = last; i-- > first;) RetreatOver(i, sums);
}

void SimulationRun::BindSums(std::span<float> sums) {
  ForEachParameter(graph_, [&](TensorId id, size_t segment) {
    if (!graph_.IsWanted(id)) return;
    parameters_[static_cast<size_t>(id)] = graph_.segments()[segment].Of(sums);
  });
}

void SimulationRun::RetreatOver(size_t node, std::span<float> sums) {
  for (TensorId id : kernels_.node(node).outputs()) PassThrough(id, sums);
  RunBackward(kernels_.node(node));
}

void SimulationRun::PassThrough(TensorId id, std::span<float> sums) {
  const RoundedTensor* rounded = graph_.RoundingOf(id);
  const Buffer& buffer = buffers_[static_cast<size_t>(id)];
  if (rounded == nullptr || buffer.gradient.empty()) return;
  const Grid grid = GridOf(graph_, *rounded, file_values_);
  const size_t count = buffer.gradient.size();
  const std::span<const float> computed(buffer.computed, count);
  if (drop_.any()) drop_.Draw(id, count, mask_);
  const double by_scale = PassThroughGrid(computed, grid, buffer.gradient, mask_);
  sums[graph_.segments()[rounded->scale_segment].offset] +=
      static_cast<float>(by_scale) * ScaleGradientWeight(count, grid.limits);
}

void SimulationRun::RunBackward(const Node& node) {
  std::vector<TensorView> inputs, outputs;
  std::vector<std::span<float>> by_inputs;
  std::vector<std::span<const float>> by_outputs;
  const Graph& graph = graph_.graph();
  bool asked = false, known = false;
  for (TensorId id : node.inputs()) {
    inputs.push_back(id == kNoTensor ? TensorView{} : TensorView{&graph.tensor(id), ReadBytes(id)});
    const auto place = static_cast<size_t>(std::max(id, TensorId{0}));
    by_inputs.push_back(id == kNoTensor               ? std::span<float>()
                        : !parameters_[place].empty() ? parameters_[place]
                                                      : buffers_[place].gradient);
    asked = asked || !by_inputs.back().empty();
  }
  for (TensorId id : node.outputs()) {
    outputs.push_back({&graph.tensor(id), ComputedBytes(id)});
    by_outputs.push_back(buffers_[static_cast<size_t>(id)].gradient);
    known = known || !by_outputs.back().empty();
  }
  const BackwardFunction backward = OpOf(node).backward;
  if (asked && known && backward != nullptr) {
    backward(node, {inputs, outputs, by_outputs, by_inputs});
  }
}

}  // namespace qconvert
