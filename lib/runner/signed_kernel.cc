#include "lib/runner/signed_kernel.h"

#include <utility>

#include "lib/base/alignment.h"
#include "lib/base/vectorize.h"

namespace qconvert {
namespace {

QCONVERT_VECTORIZE void Flip(const std::byte* from, size_t count, std::byte* to) {
  for (size_t i = 0; i < count; ++i) to[i] = from[i] ^ std::byte{kSignFlip};
}

class SignedKernel : public Kernel {
 public:
  SignedKernel(std::unique_ptr<Kernel> inner, const PrepareContext& context)
      : inner_(std::move(inner)) {
    for (size_t i = 0; i < context.inputs.size(); ++i) {
      inputs_.push_back(context.InputFlip(i) == 0 ? 0 : context.inputs[i]->bytes());
    }
    for (size_t i = 0; i < context.outputs.size(); ++i) {
      outputs_.push_back(context.OutputFlip(i) == 0 ? 0 : context.outputs[i]->bytes());
    }
  }

  std::string_view primitive() const override { return inner_->primitive(); }
  bool Reads(size_t input) const override { return inner_->Reads(input); }
  bool HonoursFlips() const override { return true; }
  size_t scratch_bytes() const override { return CopiesBytes() + inner_->scratch_bytes(); }

  void Run(const Buffers& buffers) const override {
    auto** inputs = reinterpret_cast<const std::byte**>(buffers.scratch);
    std::byte* copy = buffers.scratch + PointersBytes();
    for (size_t i = 0; i < inputs_.size(); ++i) {
      inputs[i] = buffers.inputs[i];
      if (inputs_[i] == 0) continue;
      Flip(buffers.inputs[i], inputs_[i], copy);
      inputs[i] = copy;
      copy += Aligned(inputs_[i]);
    }
    Buffers inner = buffers;
    inner.inputs = {inputs, inputs_.size()};
    inner.scratch += CopiesBytes();
    inner_->Run(inner);
    for (size_t i = 0; i < outputs_.size(); ++i) {
      Flip(buffers.outputs[i], outputs_[i], buffers.outputs[i]);
    }
  }

 private:
  size_t PointersBytes() const { return Aligned(inputs_.size() * sizeof(std::byte*)); }
  /// Returns the scratch memory of the signed copies and of the pointers to all operands.
  size_t CopiesBytes() const {
    size_t bytes = PointersBytes();
    for (size_t input : inputs_) bytes += Aligned(input);
    return bytes;
  }

  std::unique_ptr<Kernel> inner_;
  std::vector<size_t> inputs_, outputs_;  // bytes to flip; 0: none
};

}  // namespace

std::unique_ptr<Kernel> MakeSignedKernel(std::unique_ptr<Kernel> inner,
                                         const PrepareContext& context) {
  return std::make_unique<SignedKernel>(std::move(inner), context);
}

}  // namespace qconvert
