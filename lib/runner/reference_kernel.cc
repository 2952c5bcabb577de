#include "lib/runner/reference_kernel.h"

#include "lib/kernels/bound_views.h"

namespace qconvert {
namespace {

class ReferenceKernel : public Kernel {
 public:
  ReferenceKernel(ReferenceFunction function, const PrepareContext& context)
      : function_(function), context_(context) {}

  std::string_view primitive() const override { return "reference"; }

  void Run(const Buffers& buffers) const override {
    const BoundViews views(context_, buffers);
    function_(*context_.node, views.inputs(), views.outputs());
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
