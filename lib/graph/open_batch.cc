#include "lib/graph/open_batch.h"

#include <algorithm>

namespace qconvert {
namespace {

std::string Key(const std::string& name) { return "batch." + name; }

}  // namespace

void NoteOpenBatch(Graph& graph, const std::string& name) { graph.metadata[Key(name)] = "open"; }

bool IsBatchOpen(const Graph& graph, const std::string& name) {
  return graph.metadata.count(Key(name)) != 0;
}

bool HasOpenBatch(const Graph& graph) {
  return std::ranges::any_of(graph.input_names,
                             [&](const std::string& name) { return IsBatchOpen(graph, name); });
}

void CloseBatches(Graph& graph) {
  for (const std::string& name : graph.input_names) graph.metadata.erase(Key(name));
}

}  // namespace qconvert
