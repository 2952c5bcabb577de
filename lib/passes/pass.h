// A pass: one rewrite of a whole graph. pipeline.h lists them and runs them.
#pragma once

#include <functional>
#include <string_view>

#include "lib/graph/graph.h"

namespace qconvert {

/// A rewrite with its name and the reason why it stands where it stands in its list.
/// A pass that needs more than the graph, such as ranges that samples showed or options, is a
/// function that takes them by value; `run` binds them:
///     {"equalize", [=](Graph& graph) { Equalize(graph, range_by_name, options); }, "..."}
struct Pass {
  std::string_view name;
  std::function<void(Graph& graph)> run;
  std::string_view why;
};

}  // namespace qconvert
