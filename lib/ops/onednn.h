// What our oneDNN kernels share: descriptors of NHWC tensors, a stream per thread, execution with
// memory that the runner lends. Included by kernels only.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include <oneapi/dnnl/dnnl.hpp>

#include "lib/ops/kernel.h"

namespace qconvert {

/// Returns the engine that the runner lends.
inline const dnnl::engine& EngineOf(const PrepareContext& context) {
  return *static_cast<const dnnl::engine*>(context.engine);
}

/// Returns the descriptor of a dense row-major NHWC tensor, in oneDNN's order of axes (N, C, H, W).
dnnl::memory::desc NhwcDesc(const Shape& nhwc, dnnl::memory::data_type type);

/// A constant in a layout that a primitive chose.
dnnl::memory Reordered(const dnnl::engine& engine, const dnnl::memory::desc& from,
                       const void* bytes, const dnnl::memory::desc& to);

/// Returns the post-op that a fused activation is, appended to `ops`.
void AppendActivation(dnnl::post_ops& ops, Activation activation);

/// One operand of a primitive that changes from run to run.
struct OneDnnOperand {
  int argument = 0;  ///< DNNL_ARG_...
  dnnl::memory::desc desc;
};

/// A oneDNN primitive as a kernel. Inputs and output are bound at each run; constants once.
class OneDnnKernel : public Kernel {
 public:
  /// inputs     by place among the node's inputs
  /// constants  argument -> repacked constant
  OneDnnKernel(const dnnl::engine& engine, dnnl::primitive primitive, std::string name,
               dnnl::memory::desc scratchpad, std::vector<OneDnnOperand> inputs,
               OneDnnOperand output, std::unordered_map<int, dnnl::memory> constants);

  size_t scratch_bytes() const override { return scratchpad_.get_size(); }
  std::string_view primitive() const override { return name_; }
  void Run(const Buffers& buffers) const override;

 private:
  dnnl::engine engine_;
  dnnl::primitive primitive_;
  std::string name_;
  dnnl::memory::desc scratchpad_;
  std::vector<OneDnnOperand> inputs_;
  OneDnnOperand output_;
  std::unordered_map<int, dnnl::memory> constants_;
};

/// Makes attributes with a scratchpad of ours, and float arithmetic that stays float32.
dnnl::primitive_attr MakeAttributes();

/// Translates what oneDNN throws when it has no implementation: returns null, so that the caller
/// falls back on plain loops.
template <typename Function>
std::unique_ptr<Kernel> OrNull(Function function) {
  try {
    return function();
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_unimplemented) return nullptr;
    Fail(ErrorKind::kInternal, std::string("oneDNN: ") + error.what());
  }
}

}  // namespace qconvert
