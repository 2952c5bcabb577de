// The operators of the intermediate representation: one attribute struct each, in one variant.
// Spatial operators are NHWC. Whatever else is known of an operator stands in its record (lib/ops).
// Operands are named in the order of Node::inputs(); [x] is optional.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/graph/activation.h"
#include "lib/graph/element_type.h"
#include "lib/graph/quant_params.h"
#include "lib/graph/shape.h"

namespace qconvert {

/// The names of an operator's attributes, which are its members, in their order (attributes.h).
template <size_t kCount>
using Names = std::array<std::string_view, kCount>;

/// A window that slides over H and W. Zero padding for convolutions; pools leave padding out.
struct Window {
  int stride_h = 1, stride_w = 1;
  int dilation_h = 1, dilation_w = 1;
  int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  friend bool operator==(const Window&, const Window&) = default;
};

/// input [N,H,W,I], weights [O,KH,KW,I/groups], [bias [O]] -> [N,OH,OW,O]
struct Conv2D {
  static constexpr std::string_view kName = "Conv2D";
  static constexpr Names<2> kAttributes = {"window", "activation"};
  Window window;
  Activation activation = Activation::kNone;
};
/// input [N,H,W,C], weights [1,KH,KW,C*M], [bias [C*M]] -> [N,OH,OW,C*M]; channel c*M+m reads c
struct DepthwiseConv2D {
  static constexpr std::string_view kName = "DepthwiseConv2D";
  static constexpr Names<2> kAttributes = {"window", "activation"};
  Window window;
  Activation activation = Activation::kNone;
};
/// input [N,H,W,I], weights [O,KH,KW,I], [bias [O]] -> [N,output_h,output_w,O]
/// The pads crop the full result: output_h = (H-1) stride_h + KH - pad_top - pad_bottom.
struct TransposeConv2D {
  static constexpr std::string_view kName = "TransposeConv2D";
  static constexpr Names<4> kAttributes = {"window", "output_h", "output_w", "activation"};
  Window window;
  int output_h = 0, output_w = 0;
  Activation activation = Activation::kNone;
};
/// input [...,I], weights [O,I], [bias [O]] -> [...,O]; leading dimensions are kept
struct FullyConnected {
  static constexpr std::string_view kName = "FullyConnected";
  static constexpr Names<1> kAttributes = {"activation"};
  Activation activation = Activation::kNone;
};
/// a [...,M,K], b [...,K,N] -> [...,M,N]; a is [...,K,M] with transpose_a, b [...,N,K] with
/// transpose_b
struct BatchMatMul {
  static constexpr std::string_view kName = "BatchMatMul";
  static constexpr Names<2> kAttributes = {"transpose_a", "transpose_b"};
  bool transpose_a = false, transpose_b = false;
};

// Element by element, with numpy broadcasting: a, b -> result.
struct Add {
  static constexpr std::string_view kName = "Add";
  static constexpr Names<1> kAttributes = {"activation"};
  Activation activation = Activation::kNone;
};
struct Sub {
  static constexpr std::string_view kName = "Sub";
  static constexpr Names<1> kAttributes = {"activation"};
  Activation activation = Activation::kNone;
};
struct Mul {
  static constexpr std::string_view kName = "Mul";
  static constexpr Names<1> kAttributes = {"activation"};
  Activation activation = Activation::kNone;
};
struct Div {
  static constexpr std::string_view kName = "Div";
  static constexpr Names<1> kAttributes = {"activation"};
  Activation activation = Activation::kNone;
};
struct Maximum {
  static constexpr std::string_view kName = "Maximum";
};
struct Minimum {
  static constexpr std::string_view kName = "Minimum";
};
struct SquaredDifference {
  static constexpr std::string_view kName = "SquaredDifference";
};
struct Pow {
  static constexpr std::string_view kName = "Pow";
};
struct FloorDiv {
  static constexpr std::string_view kName = "FloorDiv";
};
struct FloorMod {
  static constexpr std::string_view kName = "FloorMod";
};
/// The angle of the point (x, y) = (b, a), in (-pi, pi].
struct Atan2 {
  static constexpr std::string_view kName = "Atan2";
};

// Comparisons and logic: a, b -> bool; LogicalNot has one operand.
struct Equal {
  static constexpr std::string_view kName = "Equal";
};
struct NotEqual {
  static constexpr std::string_view kName = "NotEqual";
};
struct Less {
  static constexpr std::string_view kName = "Less";
};
struct LessEqual {
  static constexpr std::string_view kName = "LessEqual";
};
struct Greater {
  static constexpr std::string_view kName = "Greater";
};
struct GreaterEqual {
  static constexpr std::string_view kName = "GreaterEqual";
};
struct LogicalAnd {
  static constexpr std::string_view kName = "LogicalAnd";
};
struct LogicalOr {
  static constexpr std::string_view kName = "LogicalOr";
};
struct LogicalNot {
  static constexpr std::string_view kName = "LogicalNot";
};
/// condition (bool), a, b -> a where the condition holds, else b; broadcasting
struct Select {
  static constexpr std::string_view kName = "Select";
};

// Unary functions of one element: input -> same shape.
struct Relu {
  static constexpr std::string_view kName = "Relu";
};
struct Relu6 {
  static constexpr std::string_view kName = "Relu6";
};
struct ReluN1To1 {
  static constexpr std::string_view kName = "ReluN1To1";
};
struct Relu0To1 {
  static constexpr std::string_view kName = "Relu0To1";
};
/// min(max(x, min), max); no TFLite form: lowered to Maximum and Minimum before export
struct Clip {
  static constexpr std::string_view kName = "Clip";
  static constexpr Names<2> kAttributes = {"min", "max"};
  float min = 0, max = 0;
};
struct LeakyRelu {
  static constexpr std::string_view kName = "LeakyRelu";
  static constexpr Names<1> kAttributes = {"alpha"};
  float alpha = 0;
};
/// input, alpha (broadcasts to the input, such as [1,1,C])
struct PRelu {
  static constexpr std::string_view kName = "PRelu";
};
struct HardSwish {
  static constexpr std::string_view kName = "HardSwish";
};
/// min(max(alpha x + beta, 0), 1); no TFLite form: lowered before export
struct HardSigmoid {
  static constexpr std::string_view kName = "HardSigmoid";
  static constexpr Names<2> kAttributes = {"alpha", "beta"};
  float alpha = 0, beta = 0;
};
struct Logistic {
  static constexpr std::string_view kName = "Logistic";
};
struct Tanh {
  static constexpr std::string_view kName = "Tanh";
};
struct Elu {
  static constexpr std::string_view kName = "Elu";
};
struct Gelu {
  static constexpr std::string_view kName = "Gelu";
  static constexpr Names<1> kAttributes = {"approximate"};
  bool approximate = false;
};
/// no TFLite form: recognised as part of Gelu, or reported
struct Erf {
  static constexpr std::string_view kName = "Erf";
};
struct Abs {
  static constexpr std::string_view kName = "Abs";
};
struct Neg {
  static constexpr std::string_view kName = "Neg";
};
struct Exp {
  static constexpr std::string_view kName = "Exp";
};
struct Log {
  static constexpr std::string_view kName = "Log";
};
struct Sqrt {
  static constexpr std::string_view kName = "Sqrt";
};
struct Rsqrt {
  static constexpr std::string_view kName = "Rsqrt";
};
struct Square {
  static constexpr std::string_view kName = "Square";
};
struct Sin {
  static constexpr std::string_view kName = "Sin";
};
struct Cos {
  static constexpr std::string_view kName = "Cos";
};
struct Floor {
  static constexpr std::string_view kName = "Floor";
};
struct Ceil {
  static constexpr std::string_view kName = "Ceil";
};
struct Round {
  static constexpr std::string_view kName = "Round";
};
struct Sign {
  static constexpr std::string_view kName = "Sign";
};

/// input [N,H,W,C] -> [N,OH,OW,C]; the average leaves padding out of the count
struct AveragePool2D {
  static constexpr std::string_view kName = "AveragePool2D";
  static constexpr Names<4> kAttributes = {"filter_h", "filter_w", "window", "activation"};
  int filter_h = 1, filter_w = 1;
  Window window;
  Activation activation = Activation::kNone;
};
struct MaxPool2D {
  static constexpr std::string_view kName = "MaxPool2D";
  static constexpr Names<4> kAttributes = {"filter_h", "filter_w", "window", "activation"};
  int filter_h = 1, filter_w = 1;
  Window window;
  Activation activation = Activation::kNone;
};

// Reductions over `axes` (ascending, from the front); the reduced axes stay as 1 with keep_dims.
struct Mean {
  static constexpr std::string_view kName = "Mean";
  static constexpr Names<2> kAttributes = {"axes", "keep_dims"};
  std::vector<int> axes;
  bool keep_dims = false;
};
struct Sum {
  static constexpr std::string_view kName = "Sum";
  static constexpr Names<2> kAttributes = {"axes", "keep_dims"};
  std::vector<int> axes;
  bool keep_dims = false;
};
struct ReduceMax {
  static constexpr std::string_view kName = "ReduceMax";
  static constexpr Names<2> kAttributes = {"axes", "keep_dims"};
  std::vector<int> axes;
  bool keep_dims = false;
};
struct ReduceMin {
  static constexpr std::string_view kName = "ReduceMin";
  static constexpr Names<2> kAttributes = {"axes", "keep_dims"};
  std::vector<int> axes;
  bool keep_dims = false;
};
struct ReduceProd {
  static constexpr std::string_view kName = "ReduceProd";
  static constexpr Names<2> kAttributes = {"axes", "keep_dims"};
  std::vector<int> axes;
  bool keep_dims = false;
};
/// input -> index of the first largest element along `axis`, which is dropped; int32 or int64
struct ArgMax {
  static constexpr std::string_view kName = "ArgMax";
  static constexpr Names<2> kAttributes = {"axis", "index_type"};
  int axis = 0;
  ElementType index_type = ElementType::kInt64;
};
/// input [...,C] -> the `count` largest along the last axis, largest first, and their indices
/// (int32); of equal elements the one with the smaller index comes first
struct TopK {
  static constexpr std::string_view kName = "TopK";
  static constexpr Names<1> kAttributes = {"count"};
  int count = 1;
};
/// input -> same shape: the sums along `axis` of the elements up to each, which itself is left out
/// if exclusive; in reverse, from each to the end
struct CumSum {
  static constexpr std::string_view kName = "CumSum";
  static constexpr Names<3> kAttributes = {"axis", "exclusive", "reverse"};
  int axis = 0;
  bool exclusive = false, reverse = false;
};

/// Over the last axis.
struct Softmax {
  static constexpr std::string_view kName = "Softmax";
  static constexpr Names<1> kAttributes = {"beta"};
  float beta = 1;
};
struct LogSoftmax {
  static constexpr std::string_view kName = "LogSoftmax";
};
/// input [N,H,W,C] -> x / (bias + alpha s)^beta, where s sums the squares of the channels from
/// c - radius to c + radius
struct LocalResponseNorm {
  static constexpr std::string_view kName = "LocalResponseNorm";
  static constexpr Names<4> kAttributes = {"radius", "bias", "alpha", "beta"};
  int radius = 0;
  float bias = 1, alpha = 1, beta = 0.5F;
};

/// input [...,C], scale [C], offset [C], mean [C], variance [C]; no TFLite form: folded or lowered
struct BatchNorm {
  static constexpr std::string_view kName = "BatchNorm";
  static constexpr Names<1> kAttributes = {"epsilon"};
  float epsilon = 1e-5F;
};

// Movement of elements.
struct Reshape {
  static constexpr std::string_view kName = "Reshape";
  static constexpr Names<1> kAttributes = {"shape"};
  Shape shape;
};
/// output axis i is input axis perm[i]
struct Transpose {
  static constexpr std::string_view kName = "Transpose";
  static constexpr Names<1> kAttributes = {"perm"};
  std::vector<int> perm;
};
/// constant padding, in elements per axis; quantized tensors pad with the value's quantization
struct Pad {
  static constexpr std::string_view kName = "Pad";
  static constexpr Names<3> kAttributes = {"before", "after", "value"};
  std::vector<int64_t> before, after;
  float value = 0;
};
struct MirrorPad {
  static constexpr std::string_view kName = "MirrorPad";
  static constexpr Names<3> kAttributes = {"before", "after", "symmetric"};
  std::vector<int64_t> before, after;
  bool symmetric = false;  ///< the edge element is repeated (ONNX has no such mode)
};
/// begin and size per axis after clamping; stride may be negative (begin is then the last element)
struct StridedSlice {
  static constexpr std::string_view kName = "StridedSlice";
  static constexpr Names<3> kAttributes = {"begin", "stride", "size"};
  std::vector<int64_t> begin, stride, size;
};
/// input -> one output per entry of sizes
struct Split {
  static constexpr std::string_view kName = "Split";
  static constexpr Names<2> kAttributes = {"axis", "sizes"};
  int axis = 0;
  std::vector<int64_t> sizes;
};
/// inputs... -> their concatenation
struct Concat {
  static constexpr std::string_view kName = "Concat";
  static constexpr Names<1> kAttributes = {"axis"};
  int axis = 0;
};
/// input, indices (int32 or int64, not negative once constant) -> input.shape with `axis` replaced
struct Gather {
  static constexpr std::string_view kName = "Gather";
  static constexpr Names<1> kAttributes = {"axis"};
  int axis = 0;
};
struct Tile {
  static constexpr std::string_view kName = "Tile";
  static constexpr Names<1> kAttributes = {"multiples"};
  std::vector<int64_t> multiples;
};
struct BroadcastTo {
  static constexpr std::string_view kName = "BroadcastTo";
  static constexpr Names<1> kAttributes = {"shape"};
  Shape shape;
};
/// input [N,H,W,C] -> [N,output_h,output_w,C]
struct ResizeBilinear {
  static constexpr std::string_view kName = "ResizeBilinear";
  static constexpr Names<4> kAttributes = {"output_h", "output_w", "align_corners",
                                           "half_pixel_centers"};
  int output_h = 0, output_w = 0;
  bool align_corners = false, half_pixel_centers = false;
};
struct ResizeNearest {
  static constexpr std::string_view kName = "ResizeNearest";
  static constexpr Names<4> kAttributes = {"output_h", "output_w", "align_corners",
                                           "half_pixel_centers"};
  int output_h = 0, output_w = 0;
  bool align_corners = false, half_pixel_centers = false;
};
struct SpaceToDepth {
  static constexpr std::string_view kName = "SpaceToDepth";
  static constexpr Names<1> kAttributes = {"block"};
  int block = 1;
};
/// TFLite's order, ONNX's DCR
struct DepthToSpace {
  static constexpr std::string_view kName = "DepthToSpace";
  static constexpr Names<1> kAttributes = {"block"};
  int block = 1;
};

// Between number systems. The result tensor says which type and parameters.
struct Cast {
  static constexpr std::string_view kName = "Cast";
  static constexpr Names<1> kAttributes = {"to"};
  ElementType to = ElementType::kFloat32;
};
struct Quantize {
  static constexpr std::string_view kName = "Quantize";
};
struct Dequantize {
  static constexpr std::string_view kName = "Dequantize";
};
/// ONNX's own quantization: real -> integer without parameters, round(x / scale) + zero point with
/// halves to even, saturated to [lowest, highest]; no TFLite form: lowered before export
struct QuantizeLinear {
  static constexpr std::string_view kName = "QuantizeLinear";
  static constexpr Names<4> kAttributes = {"quant", "lowest", "highest", "to"};
  QuantParams quant;
  int32_t lowest = -128, highest = 127;
  ElementType to = ElementType::kInt8;
};
/// integer without parameters -> scale (x - zero point); no TFLite form: lowered before export
struct DequantizeLinear {
  static constexpr std::string_view kName = "DequantizeLinear";
  static constexpr Names<1> kAttributes = {"quant"};
  QuantParams quant;
};

using OperatorKinds = std::variant<
    Conv2D, DepthwiseConv2D, TransposeConv2D, FullyConnected, BatchMatMul,                       //
    Add, Sub, Mul, Div, Maximum, Minimum, SquaredDifference, Pow, FloorDiv, FloorMod, Atan2,     //
    Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual, LogicalAnd, LogicalOr, LogicalNot,  //
    Select,                                                                                      //
    Relu, Relu6, ReluN1To1, Relu0To1, Clip, LeakyRelu, PRelu, HardSwish, HardSigmoid,            //
    Logistic, Tanh, Elu, Gelu, Erf,                                                              //
    Abs, Neg, Exp, Log, Sqrt, Rsqrt, Square, Sin, Cos, Floor, Ceil, Round, Sign,                 //
    AveragePool2D, MaxPool2D,                                                                    //
    Mean, Sum, ReduceMax, ReduceMin, ReduceProd, ArgMax, TopK, CumSum,                           //
    Softmax, LogSoftmax, LocalResponseNorm, BatchNorm,                                           //
    Reshape, Transpose, Pad, MirrorPad, StridedSlice, Split, Concat, Gather, Tile, BroadcastTo,  //
    ResizeBilinear, ResizeNearest, SpaceToDepth, DepthToSpace,                                   //
    Cast, Quantize, Dequantize, QuantizeLinear, DequantizeLinear>;

inline constexpr size_t kOperatorCount = std::variant_size_v<OperatorKinds>;

/// One operator with its attributes. It is a class so that copying and destroying some eighty kinds
/// is compiled once, not wherever a node is touched.
class Operator : public OperatorKinds {
 public:
  using OperatorKinds::OperatorKinds;
  Operator(const Operator& other);
  Operator(Operator&& other) noexcept;
  Operator& operator=(const Operator& other);
  Operator& operator=(Operator&& other) noexcept;
  ~Operator();
};

/// Returns the name of an operator's kind, such as "Conv2D".
std::string_view OperatorName(const Operator& op);

/// Returns where an operator keeps its fused activation, or null when it has none.
Activation* FusedActivation(Operator& op);
Activation FusedActivation(const Operator& op);

}  // namespace qconvert
