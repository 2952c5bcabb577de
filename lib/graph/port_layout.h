// Which inputs and outputs of a model are stored channels last: a note in the metadata, and so in
// the file. passes/ writes it; ports (runner/port.h) and reports read it.
#pragma once

#include <optional>
#include <string>

#include "lib/graph/graph.h"

namespace qconvert {

/// How a 4-D input or output is stored.
enum class Layout {
  kNhwc,  ///< [N,H,W,C] where the ONNX model says [N,C,H,W], as TFLite's users expect
  kKeep   ///< as the ONNX model has it
};

/// Notes the layout of the input or output with this name in the signature, as metadata
/// "layout.NAME": "nhwc" or "keep".
void NoteLayout(Graph& graph, const std::string& name, Layout layout);

/// Returns what is noted; nothing when nothing is.
std::optional<Layout> NotedLayout(const Graph& graph, const std::string& name);

/// Returns "nhwc" or "keep".
std::string ToText(Layout layout);

}  // namespace qconvert
