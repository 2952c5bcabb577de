#include "lib/runner/reference_kernel.h"

#include <utility>

namespace qconvert {
namespace {

class ReferenceKernel : public Kernel {
 public:
  ReferenceKernel(ReferenceFunction function, const PrepareContext& context)
      : function_(function), context_(context) {}

  std::string_view primitive() const override { return "reference"; }

  void Run(const Buffers& buffers) const override {
    // Kept by each thread, so that a warm Run allocates nothing.
    thread_local std::vector<TensorView> inputs, outputs;
    inputs.clear();
    outputs.clear();
    for (size_t i = 0; i < buffers.inputs.size(); ++i) {
      inputs.push_back({context_.inputs[i], const_cast<std::byte*>(buffers.inputs[i])});
    }
    for (size_t i = 0; i < buffers.outputs.size(); ++i) {
      outputs.push_back({context_.outputs[i], buffers.outputs[i]});
    }
    function_(*context_.node, inputs, outputs);
  }

 private:
  ReferenceFunction function_;
  PrepareContext context_;
};

}  // namespace

std::unique_ptr<Kernel> MakeReferenceKernel(ReferenceFunction function,
                                            const PrepareContext& context) {
  return std::make_unique<ReferenceKernel>(function, context);
}

}  // namespace qconvert
