// How ONNX's and ONNX Runtime's operators on integers list their operands. expand_quantized.cc
// writes them as float operators by this table; `qconvert --list-ops` shows it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace onnx {
class NodeProto;
}

namespace qconvert {

/// An operator whose operands are triples: integers, their scale and their zero point.
struct QuantizedForm {
  std::string_view name;
  std::string_view real;     ///< the operator on reals
  std::vector<int> triples;  ///< where each begins; operands before the first are no integers
  int result;                ///< where the scale of the result stands
  int bias = -1;             ///< where the int32 bias stands
};

/// Returns the form of an operator, null for others.
const QuantizedForm* FindQuantizedForm(const std::string& op_type);

/// An operator on integers and what stands for it.
struct IntegerSpelling {
  std::string_view name;
  std::string becomes;
};

/// Returns the operators on integers that are read, for the table of operators.
std::vector<IntegerSpelling> IntegerSpellings();

/// Returns whether an operator only moves, selects or interpolates elements of operand 0, so that
/// its results have the operand's scale and zero point.
bool MovesIntegers(const std::string& op_type);

/// Returns an operand's name, "" where it is absent.
std::string OperandOf(const onnx::NodeProto& node, int i);

/// Returns an attribute, `otherwise` where it is absent.
int64_t IntOf(const onnx::NodeProto& node, std::string_view name, int64_t otherwise);
std::string StringOf(const onnx::NodeProto& node, std::string_view name,
                     std::string_view otherwise);

}  // namespace qconvert
