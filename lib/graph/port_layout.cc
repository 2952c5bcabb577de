#include "lib/graph/port_layout.h"

namespace qconvert {
namespace {

std::string Key(const std::string& name) { return "layout." + name; }

}  // namespace

void NoteLayout(Graph& graph, const std::string& name, Layout layout) {
  graph.metadata[Key(name)] = ToText(layout);
}

std::optional<Layout> NotedLayout(const Graph& graph, const std::string& name) {
  const auto found = graph.metadata.find(Key(name));
  if (found == graph.metadata.end()) return std::nullopt;
  return found->second == ToText(Layout::kNhwc) ? Layout::kNhwc : Layout::kKeep;
}

std::string ToText(Layout layout) { return layout == Layout::kNhwc ? "nhwc" : "keep"; }

}  // namespace qconvert
