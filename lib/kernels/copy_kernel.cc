#include "lib/kernels/copy_kernel.h"

#include <algorithm>

#include "lib/kernels/bound_views.h"

namespace qconvert {
namespace {

constexpr int64_t kLeastBytes = int64_t{1} << 15;  // that are worth a thread's coming

/// Returns whether all operands and results lie alike, so that bytes may be moved as they are.
bool HasOneFlip(const PrepareContext& context) {
  const uint8_t flip = context.OutputFlip(0);
  const auto same = [&](uint8_t other) { return other == flip; };
  return std::ranges::all_of(context.input_flips, same) &&
         std::ranges::all_of(context.output_flips, same);
}

class CopyKernel : public Kernel {
 public:
  CopyKernel(CopyFunction function, const PrepareContext& context)
      : function_(function), context_(context) {}

  std::string_view primitive() const override { return "copy"; }
  bool HonoursFlips() const override { return HasOneFlip(context_); }

  void Run(const Buffers& buffers) const override {
    const BoundViews views(context_, buffers);
    function_(*context_.node, views.inputs(), views.outputs(), Copier(&buffers));
  }

 private:
  CopyFunction function_;
  PrepareContext context_;
};

int64_t BytesOf(const AxisNumbers& shape, size_t element_bytes) {
  auto bytes = static_cast<int64_t>(element_bytes);
  for (const int64_t size : shape) bytes *= size;
  return bytes;
}

/// Returns the first axis along which there is more than one element; 0 when there is none.
size_t OutermostAxis(const AxisNumbers& shape) {
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] > 1) return axis;
  }
  return 0;
}

}  // namespace

void Copier::Copy(const AxisNumbers& shape, size_t element_bytes, const StridedPlace& from,
                  const StridedPlace& to) const {
  const size_t axis = OutermostAxis(shape);
  const int64_t threads =
      buffers_ == nullptr || buffers_->threads == nullptr ? 1 : buffers_->threads->threads();
  const int64_t worth = BytesOf(shape, element_bytes) / kLeastBytes;
  const int64_t parts = shape.size() == 0 ? 1 : std::min({threads, worth, shape[axis]});
  if (parts <= 1) return CopyStrided(shape, element_bytes, from, to);
  buffers_->Split(static_cast<int>(parts), [&](int64_t part, std::byte*) {
    const int64_t first = shape[axis] * part / parts, end = shape[axis] * (part + 1) / parts;
    AxisNumbers size = shape;
    size[axis] = end - first;
    StridedPlace part_from = from, part_to = to;
    part_from.offset += first * from.strides[axis];
    part_to.offset += first * to.strides[axis];
    CopyStrided(size, element_bytes, part_from, part_to);
  });
}

std::unique_ptr<Kernel> MakeCopyKernel(CopyFunction function, const PrepareContext& context) {
  return std::make_unique<CopyKernel>(function, context);
}

}  // namespace qconvert
