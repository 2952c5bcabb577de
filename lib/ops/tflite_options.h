// How an operator's record writes and reads its form in a TFLite file. Filled by tflite/.
// IR operators keep shapes, axes and the like as attributes; TFLite keeps many of them as constant
// operands, so a record adds those operands when it writes and takes them out when it reads.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "lib/graph/node.h"

namespace qconvert {

/// A node that is being written.
class TfliteWriteContext {
 public:
  virtual ~TfliteWriteContext() = default;

  virtual const Node& node() const = 0;
  virtual const Tensor& Input(size_t i) const = 0;
  virtual const Tensor& Output(size_t i) const = 0;

  /// Returns the flatbuffers::FlatBufferBuilder to create the options table with.
  virtual void* builder() = 0;
  /// Sets the options: a value of tflite::BuiltinOptions and the table's offset.
  virtual void SetOptions(int type, uint32_t offset) = 0;
  /// Inserts an int32 constant as the operand at `position` of the written operator.
  virtual void InsertConstant(size_t position, const Shape& shape,
                              const std::vector<int64_t>& values) = 0;
  /// Exchanges two operands of the written operator.
  virtual void SwapOperands(size_t a, size_t b) = 0;
  /// Inserts a constant of the same type and quantization as the first input, holding `real`.
  virtual void InsertRealConstant(size_t position, float real) = 0;
};

/// An operator of a file that is being read.
class TfliteReadContext {
 public:
  virtual ~TfliteReadContext() = default;

  /// Returns the options table (a const tflite::XOptions*), null when the file holds none of
  /// `type`.
  virtual const void* Options(int type) const = 0;
  virtual size_t input_count() const = 0;
  virtual bool HasInput(size_t i) const = 0;
  virtual const Tensor& Input(size_t i) const = 0;
  virtual size_t output_count() const = 0;
  virtual const Tensor& Output(size_t i) const = 0;
  /// Takes operand `i` out of the node's inputs and returns its values. Later operands keep their
  /// numbers in this context.
  ///   Throws Error(kUnsupported) when it is not an integer constant.
  virtual std::vector<int64_t> TakeInts(size_t i) = 0;
  /// Takes operand `i`, a constant of one element, as a real number.
  virtual float TakeReal(size_t i) = 0;
  /// Exchanges two operands of the node that is made; their numbers in this context stay.
  virtual void SwapOperands(size_t a, size_t b) = 0;
  /// Throws Error(kUnsupported); the reader adds file and node.
  [[noreturn]] virtual void Refuse(const std::string& reason) const = 0;
};

using TfliteVersionFunction = int (*)(const TfliteWriteContext&);
using TfliteWriteFunction = void (*)(TfliteWriteContext&);
using TfliteReadFunction = Operator (*)(TfliteReadContext&);

/// A TFLite form of an operator; code < 0: it has none and must be gone before export.
struct TfliteForm {
  int code = -1;  ///< tflite::BuiltinOperator
  /// The first runtime of each version, version 1 first, up to the newest that we write: "1.5.0
  /// 1.14.0", as LiteRT's own converter tells them; empty for a form that is only read.
  std::string_view runtimes = {};
  TfliteVersionFunction version = nullptr;  ///< null: version 1
  TfliteWriteFunction write = nullptr;      ///< null: no options, operands as they are
  TfliteReadFunction read = nullptr;        ///< null: default attributes
  std::span<const ElementType> lacks = {};  ///< types of input 0 that LiteRT's kernel refuses
  /// For a form in Op::other_tflite: returns whether a node is written in this form and not as
  /// Op::tflite. Null: the form is only read, in files that other tools wrote.
  bool (*when)(const TfliteWriteContext&) = nullptr;
};

/// Returns TFLite's name of an operator, such as "CONV_2D"; `code` is a tflite::BuiltinOperator.
std::string_view TfliteOperatorName(int code);

}  // namespace qconvert
