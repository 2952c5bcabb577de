// Windows that slide over H and W: their output size, padding as ONNX and as TFLite write it.
#pragma once

#include "lib/graph/operators.h"
#include "lib/ops/onnx_node.h"
#include "lib/ops/tflite_options.h"

namespace qconvert {

/// One axis of a window.
struct WindowAxis {
  int64_t input = 0, filter = 1;
  int stride = 1, dilation = 1;
  int64_t extent() const { return (filter - 1) * dilation + 1; }
};

/// Padding at the two ends of an axis.
struct AxisPads {
  int before = 0, after = 0;
  friend bool operator==(const AxisPads&, const AxisPads&) = default;
};

WindowAxis AxisH(const Window& window, int64_t input, int64_t filter);
WindowAxis AxisW(const Window& window, int64_t input, int64_t filter);

/// Returns how often the window fits.
///   Throws Error(kUnusable) when it does not fit once, or a number is absurd.
int64_t OutputSize(const WindowAxis& axis, AxisPads pads);

/// Returns the padding of TFLite's SAME: output = ceil(input / stride), the odd one at the end.
AxisPads SamePads(const WindowAxis& axis);

/// Reads strides, dilations, pads and auto_pad of an ONNX node for an NHWC input and a filter; 1-D
/// windows have height 1. `ceil_mode` extends the padding at the end where the last, partial window
/// counts.
Window ReadWindow(const OnnxNode& onnx, const Shape& nhwc, int64_t filter_h, int64_t filter_w);

/// Returns whether TFLite's VALID is how a transposed convolution places its result: nothing is
/// cropped in front, and a forward convolution without padding leads from the result back to the
/// operand's size (kernels/transpose_conv.cc, Eval).
///   input, filter  shapes [N,H,W,I], [O,KH,KW,I]
bool IsTransposedValid(const TransposeConv2D& conv, const Shape& input, const Shape& filter);

/// The same for SAME, where the result's size gives the crop in front.
bool IsTransposedSame(const TransposeConv2D& conv, const Shape& input, const Shape& filter);

/// Returns a tflite::Padding for a window without padding (VALID) or with exactly that of SAME.
int ToTflitePadding(const Window& window, const Shape& nhwc, int64_t filter_h, int64_t filter_w);

/// Sets the pads that a tflite::Padding means.
void SetTflitePadding(Window& window, int padding, const Shape& nhwc, int64_t filter_h,
                      int64_t filter_w);

}  // namespace qconvert
