// Convolutions and products that ONNX Runtime's optimizer fused with a sum and an activation become
// these operators again. Stands between sort_nodes.h and import.cc, whose readers then know one
// form.
#pragma once

#include <string_view>

namespace onnx {
class GraphProto;
}

namespace qconvert {

/// An operator that is rewritten, and what it becomes, for the table.
struct FusedSpelling {
  std::string_view name, becomes;
};
inline constexpr FusedSpelling kFusedSpellings[] = {{"FusedConv", "Conv, Add, activation"},
                                                    {"FusedGemm", "Gemm, activation"}};

/// Rewrites the FusedConv and FusedGemm of a sorted graph of opset `opset`, those of branches
/// and loop bodies included. One with an activation that is not known stays.
void ExpandFused(onnx::GraphProto& graph, int opset);

}  // namespace qconvert
