// A graph made ready to run: kernels prepared, weights repacked, memory planned. passes/ gives it
// its graph; calibration/ and evaluation/ run it through Sessions.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "lib/graph/graph.h"
#include "lib/kernels/kernel.h"

namespace qconvert {

/// Which kernels execute integer operators.
enum class KernelSet {
  kFast,      ///< oneDNN and ours; within one step of reference for each operator
  kReference  ///< plain loops, bit for bit LiteRT's reference kernels
};

struct RunnerOptions {
  KernelSet kernels = KernelSet::kFast;
  /// They prepare the kernels, and will share one inference. Results do not depend on them.
  int threads = 1;
  FloatPrecision precision = FloatPrecision::kFloat32;
};

/// Where a step's operand lies: in the arena, or at a constant's bytes.
struct BufferSlot {
  const std::byte* constant = nullptr;
  size_t offset = 0;  ///< in the arena, when `constant` is null
  bool absent = false;
};

/// One kernel with the places of its operands.
struct Step {
  const Node* node = nullptr;
  std::unique_ptr<Kernel> kernel;
  std::vector<BufferSlot> inputs, outputs;
};

/// A compiled graph. Immutable, so any number of Sessions on any threads may share it.
class CompiledGraph {
 public:
  /// Prepares every node of `graph`, and frees constants once kernels have repacked them:
  /// their tensors in graph() have no bytes any more.
  ///   Throws Error, with the node's name in front, when a kernel refuses its node.
  explicit CompiledGraph(Graph graph, RunnerOptions options = {});

  const Graph& graph() const { return graph_; }
  std::span<const Step> steps() const { return steps_; }
  size_t arena_bytes() const { return arena_bytes_; }
  size_t scratch_bytes() const { return scratch_bytes_; }
  /// Returns where a tensor lies while the step that made it has just run.
  BufferSlot Slot(TensorId id) const { return slots_.at(static_cast<size_t>(id)); }
  /// Returns what a tensor's bytes are XORed with there (unsigned_tensors.h).
  uint8_t Flip(TensorId id) const { return flips_.at(static_cast<size_t>(id)); }

 private:
  void PlaceTensors(RunnerOptions options);
  void PrepareSteps(RunnerOptions options);
  Step StepOf(const Node& node) const;
  PrepareContext ContextOf(const Node& node, RunnerOptions options) const;
  void Prepare(Step& step, RunnerOptions options) const;
  void LetGo(Step& step, std::vector<size_t>& uses);

  Graph graph_;
  std::vector<BufferSlot> slots_;  // by tensor id
  std::vector<uint8_t> flips_;     // by tensor id
  std::vector<Step> steps_;
  size_t arena_bytes_ = 0;
  size_t scratch_bytes_ = 0;
};

}  // namespace qconvert
