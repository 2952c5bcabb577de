// Stores the model's own inputs and outputs channels last where that saves a Transpose.
//
//     input [N,C,H,W] -> Transpose {0,2,3,1} -> Conv2D        input [N,H,W,C] -> Conv2D
//                                                         =>
//     Conv2D -> Transpose {0,3,1,2} -> output [N,C,H,W]       Conv2D -> output [N,H,W,C]
//
// The price of a chain decides as in cancel-transposes, with inputs and outputs free too; one whose
// readers do not care keeps ONNX's order.
#include "lib/passes/choose_layouts.h"
#include "lib/passes/layout.h"
#include "lib/passes/passes.h"

namespace qconvert {

void ApplyLayout(Graph& graph, Layout layout) {
  for (const std::string& name : graph.input_names) NoteLayout(graph, name, Layout::kKeep);
  for (const std::string& name : graph.output_names) NoteLayout(graph, name, Layout::kKeep);
  if (layout == Layout::kKeep) return;
  ChooseLayouts(graph, ChannelsLast(), {.inputs_and_outputs = true});
  RestoreNames(graph);
}

}  // namespace qconvert
