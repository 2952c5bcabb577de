// DynamicQuantizeLinear, which rounds activations with a scale that it finds at run time.
// expand_quantized.cc leaves it out in front of products, and writes it out elsewhere.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "lib/onnx/quantized_nodes.h"

namespace qconvert {

/// Knows which nodes read what of a graph.
class DynamicReaders {
 public:
  /// graph  keeps its nodes as long as this lives
  explicit DynamicReaders(const onnx::GraphProto& graph);

  /// Returns whether the integers of a DynamicQuantizeLinear are read by products alone that are
  /// scaled back to reals: nobody then sees the integers or their scale.
  bool OnlyMultiplied(const onnx::NodeProto& dynamic, const QuantizedNodes& nodes) const;

 private:
  const std::vector<const onnx::NodeProto*>& Of(const std::string& name) const;
  bool IsProduct(const onnx::NodeProto& reader, const onnx::NodeProto& dynamic) const;
  bool CastsToFloat(const std::string& sums, std::set<std::string>& casts) const;
  bool AreScaled(const std::set<std::string>& casts, const std::set<std::string>& factors,
                 const std::string& scale) const;

  std::map<std::string, std::vector<const onnx::NodeProto*>> readers_;
  std::set<std::string> outputs_;
};

/// Writes the arithmetic that ONNX defines DynamicQuantizeLinear by.
void WriteOutDynamic(const onnx::NodeProto& node, QuantizedNodes& nodes);

}  // namespace qconvert
