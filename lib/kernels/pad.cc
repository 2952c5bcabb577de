#include "lib/kernels/pad.h"

#include <cstring>

#include "lib/kernels/bound_views.h"
#include "lib/kernels/layer_params.h"
#include "lib/math/quantize.h"

namespace qconvert {
namespace {

template <typename T>
PadElement BytesOf(T value) {
  PadElement element{};
  std::memcpy(element.data(), &value, sizeof(value));
  return element;
}

class PadKernel : public Kernel {
 public:
  explicit PadKernel(const PrepareContext& context)
      : pad_(*context.node->As<Pad>()),
        element_(PadElementOf(*context.outputs[0], pad_.value)),
        context_(context) {
    element_[0] ^= std::byte{context.OutputFlip(0)};
  }

  std::string_view primitive() const override { return "copy"; }
  bool HonoursFlips() const override { return context_.InputFlip(0) == context_.OutputFlip(0); }

  void Run(const Buffers& buffers) const override {
    const BoundViews views(context_, buffers);
    CopyPadded(pad_, element_, views.inputs()[0], views.outputs()[0], Copier(&buffers));
  }

 private:
  const Pad& pad_;
  PadElement element_;
  PrepareContext context_;
};

}  // namespace

PadElement PadElementOf(const Tensor& tensor, float value) {
  if (value == 0 && !tensor.quant) return {};
  switch (tensor.type) {
    case ElementType::kFloat32:
      return BytesOf(value);
    case ElementType::kInt8: {
      const AffineParams params{tensor.quant->scale(), tensor.quant->zero_point()};
      return BytesOf(static_cast<int8_t>(QuantizeValue(value, params, kInt8Limits)));
    }
    case ElementType::kInt16: {
      const AffineParams params{tensor.quant->scale(), 0};
      return BytesOf(static_cast<int16_t>(QuantizeValue(value, params, kInt16Limits)));
    }
    case ElementType::kInt32:
      return BytesOf(static_cast<int32_t>(value));
    case ElementType::kInt64:
      return BytesOf(static_cast<int64_t>(value));
    default:
      Fail(ErrorKind::kUnsupported, "padding of this element type");
  }
}

void CopyPadded(const Pad& pad, const PadElement& element, const TensorView& input,
                const TensorView& output, const Copier& copier) {
  const size_t bytes = ElementBytes(output.type());
  StridedPlace to = Dense(output);
  if (bytes == 1) {
    std::memset(output.bytes, std::to_integer<int>(element[0]), output.tensor->bytes());
  } else {
    PadElement border = element;
    const Shape nowhere(output.shape().size(), 0);
    copier.Copy(output.shape(), bytes, {border.data(), 0, AxisNumbers(nowhere)}, to);
  }
  for (size_t i = 0; i < pad.before.size(); ++i) to.offset += pad.before[i] * to.strides[i];
  copier.Copy(input.shape(), ElementBytes(input.type()), Dense(input), to);
}

std::unique_ptr<Kernel> PreparePad(const PrepareContext& context) {
  const Tensor& output = *context.outputs[0];
  if (!output.is_float() && !IsInt8PerLayer(output)) return nullptr;
  return std::make_unique<PadKernel>(context);
}

}  // namespace qconvert
