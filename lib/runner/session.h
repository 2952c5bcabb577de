// Runs a compiled graph: owns the arena that its tensors live in.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <span>
#include <vector>

#include "lib/base/parallel_for.h"
#include "lib/runner/compiled_graph.h"

namespace qconvert {

/// Called after each step, while the tensor still has its bytes.
using TensorObserver = std::function<void(TensorId id, std::span<const std::byte> bytes)>;

/// Memory for one inference at a time. Different Sessions of one CompiledGraph may run at once.
class Session {
 public:
  /// threads  share each operator of an inference; null: only the calling thread works
  explicit Session(const CompiledGraph& compiled, ThreadPool* threads = nullptr);

  /// Returns where input i is written to, of the tensor's type and shape. Run may overwrite it.
  std::span<std::byte> Input(size_t i);
  /// Returns output i of the last Run.
  std::span<const std::byte> Output(size_t i) const;

  /// Executes every step; allocates nothing once warm.
  void Run();
  /// Executes every step and shows `observe` the inputs first, then each computed tensor.
  void Run(const TensorObserver& observe);

  /// Begins a run that Advance executes node by node.
  void Start();
  /// Executes the next node and returns it; null after the last. Until the next call its outputs
  /// have their bytes.
  const Node* Advance();
  /// Returns the bytes of a tensor, as its type says; those of any but an input or output of the
  /// graph may be a copy, until the next call.
  std::span<std::byte> Bytes(TensorId id) const;

 private:
  struct Free {
    void operator()(std::byte* bytes) const;
  };
  struct BoundStep {
    const Step* step;
    std::vector<const std::byte*> inputs;
    std::vector<std::byte*> outputs;
  };
  void RunStep(const BoundStep& bound);

  const CompiledGraph& compiled_;
  ThreadPool* threads_;
  std::unique_ptr<std::byte[], Free> arena_;
  std::byte* scratch_ = nullptr;
  size_t scratch_stride_ = 0;
  std::vector<BoundStep> steps_;
  mutable std::vector<std::byte> signed_;  // of a tensor that lies as unsigned bytes
  size_t next_step_ = 0;
  std::list<Node>::const_iterator next_node_;
};

}  // namespace qconvert
