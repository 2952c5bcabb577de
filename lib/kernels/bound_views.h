// A node's tensors together with the bytes that a kernel is run on.
#pragma once

#include <vector>

#include "lib/kernels/kernel.h"

namespace qconvert {

/// The views of one run. Two must not live at once on a thread: the memory is the thread's, so that
/// a warm run allocates nothing.
class BoundViews {
 public:
  BoundViews(const PrepareContext& context, const Kernel::Buffers& buffers) {
    inputs_.clear();
    outputs_.clear();
    for (size_t i = 0; i < buffers.inputs.size(); ++i) {
      inputs_.push_back({context.inputs[i], const_cast<std::byte*>(buffers.inputs[i])});
    }
    for (size_t i = 0; i < buffers.outputs.size(); ++i) {
      outputs_.push_back({context.outputs[i], buffers.outputs[i]});
    }
  }

  TensorViews inputs() const { return inputs_; }
  TensorViews outputs() const { return outputs_; }

 private:
  inline static thread_local std::vector<TensorView> inputs_, outputs_;
};

}  // namespace qconvert
