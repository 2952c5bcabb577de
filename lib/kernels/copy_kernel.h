// Operators that only move elements. Each says once what it copies. Its plain loops and its kernel,
// which distributes the copies over threads, are made from that.
#pragma once

#include <memory>

#include "lib/kernels/kernel.h"
#include "lib/kernels/strided_copy.h"

namespace qconvert {

/// Makes an operator's copies: alone, or on the threads of an inference.
class Copier {
 public:
  explicit Copier(const Kernel::Buffers* buffers = nullptr) : buffers_(buffers) {}

  /// Copies a block of `shape`, as CopyStrided does.
  void Copy(const AxisNumbers& shape, size_t element_bytes, const StridedPlace& from,
            const StridedPlace& to) const;
  void Copy(const Shape& shape, size_t element_bytes, const StridedPlace& from,
            const StridedPlace& to) const {
    Copy(AxisNumbers(shape), element_bytes, from, to);
  }

 private:
  const Kernel::Buffers* buffers_;
};

/// Calls copier.Copy for each block that a node moves.
using CopyFunction = void (*)(const Node& node, TensorViews inputs, TensorViews outputs,
                              const Copier& copier);

/// The plain loops of an operator of copies; a ReferenceFunction.
template <CopyFunction kCopy>
void EvaluateCopies(const Node& node, TensorViews inputs, TensorViews outputs) {
  kCopy(node, inputs, outputs, Copier());
}

/// Wraps `function`; the node and tensors of `context` must outlive the kernel.
std::unique_ptr<Kernel> MakeCopyKernel(CopyFunction function, const PrepareContext& context);

/// Its kernel; a PrepareFunction.
template <CopyFunction kCopy>
std::unique_ptr<Kernel> PrepareCopies(const PrepareContext& context) {
  return MakeCopyKernel(kCopy, context);
}

}  // namespace qconvert
