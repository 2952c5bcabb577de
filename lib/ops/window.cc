#include "lib/ops/window.h"

#include <algorithm>

#include "tflite_generated.h"

#include "lib/base/error.h"

namespace qconvert {
namespace {

constexpr int64_t kMost = 1 << 20;  // of any number of a window

int Checked(int64_t value, int64_t least, const char* what) {
  if (value < least || value > kMost) {
    Fail(ErrorKind::kUnusable, std::string(what) + " of " + std::to_string(value));
  }
  return static_cast<int>(value);
}

/// Returns entry `axis` of a list for H and W; 1-D lists are for W alone.
int ListEntry(const std::vector<int64_t>& list, size_t axis, bool flat, const char* what) {
  if (list.empty()) return 1;
  if (list.size() != (flat ? 1U : 2U)) {
    Fail(ErrorKind::kUnusable, std::string(what) + " do not fit the input");
  }
  if (flat && axis == 0) return 1;
  return Checked(list[flat ? 0 : axis], 1, what);
}

AxisPads AutoPads(const std::string& mode, const WindowAxis& axis) {
  AxisPads pads = SamePads(axis);
  if (mode == "SAME_LOWER") std::swap(pads.before, pads.after);
  return pads;
}

AxisPads ListedPads(const std::vector<int64_t>& pads, size_t axis, bool flat) {
  if (pads.empty() || (flat && axis == 0)) return {};
  const size_t axes = flat ? 1 : 2, at = flat ? 0 : axis;
  if (pads.size() != 2 * axes) Fail(ErrorKind::kUnusable, "pads do not fit the input");
  return {Checked(pads[at], 0, "a pad"), Checked(pads[axes + at], 0, "a pad")};
}

/// The last window may begin inside the padded input and reach beyond it; one that begins in the
/// padding after the input does not count.
void ExtendForCeil(const WindowAxis& axis, AxisPads& pads) {
  const int64_t room = axis.input + pads.before + pads.after - axis.extent();
  if (room < 0) return;
  int64_t windows = (room + axis.stride - 1) / axis.stride + 1;
  if ((windows - 1) * axis.stride >= axis.input + pads.before) --windows;
  const int64_t needed = (windows - 1) * axis.stride + axis.extent() - axis.input - pads.before;
  pads.after = static_cast<int>(std::max<int64_t>(needed, pads.after));
}

AxisPads ReadAxisPads(const OnnxNode& onnx, const WindowAxis& axis, size_t index, bool flat) {
  const std::string mode = onnx.String("auto_pad", "NOTSET");
  if (mode == "VALID") return {};
  if (mode == "SAME_UPPER" || mode == "SAME_LOWER") return AutoPads(mode, axis);
  if (mode != "NOTSET") Fail(ErrorKind::kUnusable, "auto_pad of '" + mode + "'");
  AxisPads pads = ListedPads(onnx.Ints("pads"), index, flat);
  if (onnx.Int("ceil_mode", 0) != 0 && !(flat && index == 0)) ExtendForCeil(axis, pads);
  return pads;
}

}  // namespace

WindowAxis AxisH(const Window& window, int64_t input, int64_t filter) {
  return {input, filter, window.stride_h, window.dilation_h};
}

WindowAxis AxisW(const Window& window, int64_t input, int64_t filter) {
  return {input, filter, window.stride_w, window.dilation_w};
}

int64_t OutputSize(const WindowAxis& axis, AxisPads pads) {
  const bool sane = axis.stride > 0 && axis.dilation > 0 && axis.filter > 0 &&
                    axis.filter <= kMost && axis.stride <= kMost && axis.dilation <= kMost &&
                    pads.before >= 0 && pads.after >= 0;
  const int64_t padded = axis.input + pads.before + pads.after;
  if (!sane || padded < axis.extent()) {
    Fail(ErrorKind::kUnusable, "a window of " + std::to_string(axis.filter) +
                                   " does not fit an input of " + std::to_string(axis.input));
  }
  return (padded - axis.extent()) / axis.stride + 1;
}

AxisPads SamePads(const WindowAxis& axis) {
  if (axis.stride < 1) Fail(ErrorKind::kUnusable, "a stride below 1");
  const int64_t output = (axis.input + axis.stride - 1) / axis.stride;
  const int64_t total =
      std::max<int64_t>((output - 1) * axis.stride + axis.extent() - axis.input, 0);
  return {Checked(total / 2, 0, "a pad"), Checked(total - total / 2, 0, "a pad")};
}

Window ReadWindow(const OnnxNode& onnx, const Shape& nhwc, int64_t filter_h, int64_t filter_w) {
  const bool flat = onnx.InputTensor(0).rank() == 3;
  const std::vector<int64_t> sizes = onnx.Ints("kernel_shape");
  const Shape filter = flat ? Shape{filter_w} : Shape{filter_h, filter_w};
  if (!sizes.empty() && sizes != filter) {
    Fail(ErrorKind::kUnusable,
         "kernel_shape " + ToText(sizes) + " for a filter of " + ToText(filter));
  }
  const std::vector<int64_t> strides = onnx.Ints("strides"), dilations = onnx.Ints("dilations");
  Window window;
  window.stride_h = ListEntry(strides, 0, flat, "strides");
  window.stride_w = ListEntry(strides, 1, flat, "strides");
  window.dilation_h = ListEntry(dilations, 0, flat, "dilations");
  window.dilation_w = ListEntry(dilations, 1, flat, "dilations");
  const AxisPads h = ReadAxisPads(onnx, AxisH(window, nhwc[1], filter_h), 0, flat);
  const AxisPads w = ReadAxisPads(onnx, AxisW(window, nhwc[2], filter_w), 1, flat);
  window.pad_top = h.before;
  window.pad_bottom = h.after;
  window.pad_left = w.before;
  window.pad_right = w.after;
  return window;
}

bool IsTransposedValid(const TransposeConv2D& conv, const Shape& input, const Shape& filter) {
  const auto leads_back = [](const WindowAxis& result, int64_t operand) {
    return (result.input + result.stride - result.extent()) / result.stride == operand;
  };
  return conv.window.pad_top == 0 && conv.window.pad_left == 0 &&
         leads_back(AxisH(conv.window, conv.output_h, filter[1]), input[1]) &&
         leads_back(AxisW(conv.window, conv.output_w, filter[2]), input[2]);
}

bool IsTransposedSame(const TransposeConv2D& conv, const Shape& input, const Shape& filter) {
  const auto leads_back = [](const WindowAxis& result, int64_t operand, int before) {
    return (result.input + result.stride - 1) / result.stride == operand &&
           SamePads(result).before == before;
  };
  return leads_back(AxisH(conv.window, conv.output_h, filter[1]), input[1], conv.window.pad_top) &&
         leads_back(AxisW(conv.window, conv.output_w, filter[2]), input[2], conv.window.pad_left);
}

int ToTflitePadding(const Window& window, const Shape& nhwc, int64_t filter_h, int64_t filter_w) {
  const AxisPads h{window.pad_top, window.pad_bottom}, w{window.pad_left, window.pad_right};
  if (h == AxisPads{} && w == AxisPads{}) return tflite::Padding_VALID;
  Check(h == SamePads(AxisH(window, nhwc[1], filter_h)) &&
            w == SamePads(AxisW(window, nhwc[2], filter_w)),
        "a window whose padding is neither SAME nor VALID");
  return tflite::Padding_SAME;
}

void SetTflitePadding(Window& window, int padding, const Shape& nhwc, int64_t filter_h,
                      int64_t filter_w) {
  if (padding != tflite::Padding_SAME) return;
  if (nhwc.size() != 4) Fail(ErrorKind::kUnusable, "an input that is not of rank 4");
  const AxisPads h = SamePads(AxisH(window, nhwc[1], filter_h));
  const AxisPads w = SamePads(AxisW(window, nhwc[2], filter_w));
  window.pad_top = h.before;
  window.pad_bottom = h.after;
  window.pad_left = w.before;
  window.pad_right = w.after;
}

}  // namespace qconvert
