// What our oneDNN kernels share: descriptors of NHWC tensors, repacked constants, execution with
// memory that the runner lends. Included by kernels only.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include <oneapi/dnnl/dnnl.hpp>

#include "lib/base/error.h"
#include "lib/kernels/kernel.h"

namespace qconvert {

/// Makes oneDNN single-threaded on the calling thread.
void UseOneThreadForPrimitives();

/// Returns the engine that the runner lends, and makes oneDNN single-threaded on this thread: it is
/// we who split the work.
const dnnl::engine& EngineOf(const PrepareContext& context);

/// Returns the descriptor of a dense row-major NHWC tensor, in oneDNN's order of axes (N, C, H, W).
dnnl::memory::desc NhwcDesc(const Shape& nhwc, dnnl::memory::data_type type);

/// Makes attributes with a scratchpad of ours, float arithmetic as exact as the context wants, and
/// a fused activation; with `accumulate` the result is added to what is there before it.
dnnl::primitive_attr MakeAttributes(const PrepareContext& context, Activation activation,
                                    bool accumulate = false);

/// Constants of a primitive, by DNNL_ARG_...
using OneDnnConstants = std::unordered_map<int, dnnl::memory>;

/// Returns a vector's values in memory of oneDNN's.
template <typename T>
dnnl::memory MemoryOf(const dnnl::engine& engine, const std::vector<T>& values) {
  const auto type =
      std::is_same_v<T, float> ? dnnl::memory::data_type::f32 : dnnl::memory::data_type::s32;
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, int32_t>);
  const auto count = static_cast<dnnl::memory::dim>(values.size());
  dnnl::memory memory({{count}, type, dnnl::memory::format_tag::x}, engine);
  std::copy(values.begin(), values.end(), static_cast<T*>(memory.get_data_handle()));
  return memory;
}

/// Returns whether weights (input 1) and bias (input 2, if any) are constants, so that they can be
/// repacked. Behind a DEQUANTIZE they are not.
bool HasConstantWeights(const PrepareContext& context);

/// The constant weights and bias of a product, or of some of its outputs.
struct OneDnnWeights {
  dnnl::memory::desc desc;  ///< how the weights lie
  const std::byte* bytes = nullptr;
  std::vector<float> bias;  ///< [outputs], in real units; empty for none

  dnnl::memory::desc bias_desc() const;
  /// Returns a descriptor that lets a primitive choose the layout.
  dnnl::memory::desc any_desc() const;
};

/// Returns float weights (input 1), which lie as `desc`, and bias (input 2, if any).
OneDnnWeights FloatWeights(const PrepareContext& context, const dnnl::memory::desc& desc);

/// Returns the weights at [first, first + count) of an axis, with the whole bias.
OneDnnWeights SliceOf(const OneDnnWeights& weights, size_t axis, int64_t first, int64_t count);

/// Returns the weights and bias of the outputs [first, first + count); `axis` is theirs.
OneDnnWeights OutputsOf(const OneDnnWeights& weights, size_t axis, int64_t first, int64_t count);

/// Returns weights, in the layout that a primitive chose, and bias.
OneDnnConstants Repacked(const dnnl::engine& engine, const OneDnnWeights& weights,
                         const dnnl::primitive_desc& primitive);

/// A oneDNN primitive as a kernel. Inputs and output are bound at each run; constants once.
class OneDnnKernel : public Kernel {
 public:
  /// inputs  what the node's first inputs are to the primitive, DNNL_ARG_...
  OneDnnKernel(const dnnl::primitive_desc& primitive, std::vector<int> inputs,
               OneDnnConstants constants = {});
  ~OneDnnKernel() override;

  size_t scratch_bytes() const override;
  std::string_view primitive() const override { return name_; }
  bool Reads(size_t input) const override { return input < inputs_.size(); }
  bool HonoursFlips() const override { return true; }
  /// Allocates only when more threads than ever before run it at once.
  void Run(const Buffers& buffers) const override;

 private:
  struct Binding;
  std::unique_ptr<Binding> TakeBinding() const;
  void Execute(const Buffers& buffers) const;

  dnnl::primitive_desc description_;
  dnnl::primitive primitive_;
  std::string name_;
  std::vector<int> inputs_;
  OneDnnConstants constants_;
  mutable std::mutex mutex_;  // of idle_
  mutable std::vector<std::unique_ptr<Binding>> idle_;
};

/// Throws what an error of oneDNN means: std::bad_alloc when memory is short, else a mistake of
/// ours.
[[noreturn]] void ThrowMeaningOf(const dnnl::error& error);

/// Translates what oneDNN throws: returns null when it has no implementation, so that the caller
/// falls back on plain loops.
///   Throws what ThrowMeaningOf does.
template <typename Function>
std::unique_ptr<Kernel> OrNull(Function function) {
  try {
    return function();
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_unimplemented) return nullptr;
    ThrowMeaningOf(error);
  }
}

}  // namespace qconvert
