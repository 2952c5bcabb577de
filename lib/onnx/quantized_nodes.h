// The nodes of a quantized model while expand_quantized.cc writes them anew: which integers have
// which scale and zero point, and the float nodes that take the place of those on integers.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace onnx {
class GraphProto;
class NodeProto;
class TensorProto;
}  // namespace onnx

namespace qconvert {

/// Scale and zero point of integers, by the names of their tensors; no zero point is 0.
struct NamedGrid {
  std::string scale, zero_point;

  friend bool operator==(const NamedGrid&, const NamedGrid&) = default;
};

/// What is known of a constant before it is read.
struct NotedConstant {
  int type = 0;            ///< onnx::TensorProto::DataType
  int64_t elements = 0;    ///< by its shape; absurd shapes count as kMostElements
  bool is_inline = false;  ///< as many values as the shape says stand in the model itself
};

class QuantizedNodes {
 public:
  static constexpr int64_t kMostElements = int64_t{1} << 40;

  explicit QuantizedNodes(onnx::GraphProto& graph);
  ~QuantizedNodes();

  /// Puts a node behind those that are written.
  void Keep(const onnx::NodeProto& node);
  /// Makes what is written the nodes of the graph.
  void Finish();

  /// Returns what is known of a tensor that the model holds, null for others.
  const NotedConstant* FindConstant(const std::string& name) const;
  /// Returns the one scale and zero point of integers, null where they are not known.
  const NamedGrid* FindGrid(const std::string& integers) const;
  /// Notes the scale and zero point of integers, unless there is one for each channel.
  void NoteGrid(const std::string& integers, const NamedGrid& grid);

  /// Writes the reals of integers and returns their name.
  ///   axis  that scales belong to, where there are several
  std::string Real(const onnx::NodeProto& place, const std::string& integers, const NamedGrid& grid,
                   int64_t axis);
  /// Writes the integers of reals.
  void Quantize(const onnx::NodeProto& place, const std::string& real, const NamedGrid& grid,
                const std::string& integers);
  /// Writes an operator on reals with the name and the attributes of `node`.
  void EmitReal(const onnx::NodeProto& node, std::string_view type,
                const std::vector<std::string>& operands, const std::vector<std::string>& results);
  /// Writes an operator that has no name in the model.
  onnx::NodeProto& Emit(const char* type, const std::vector<std::string>& operands,
                        const std::string& result, const onnx::NodeProto& place);

  /// Adds float constants: a scalar, or several along one axis. Returns the name.
  std::string AddNumbers(const std::string& name, const std::vector<float>& values);
  /// Adds the scalar 0 of an integer type and returns its name.
  std::string AddZero(const std::string& name, int type);
  /// Returns a name that no tensor has: `wanted`, or with a number behind it.
  std::string NewName(const std::string& wanted);

 private:
  void Note(const std::string& name, const onnx::TensorProto& tensor);

  onnx::GraphProto& graph_;
  std::set<std::string> taken_;
  std::map<std::string, NotedConstant> constants_;
  std::map<std::string, NamedGrid> grids_;
  std::vector<onnx::NodeProto> nodes_;
};

/// Gives a node an attribute.
void SetInt(onnx::NodeProto& node, const char* name, int64_t value);

}  // namespace qconvert
