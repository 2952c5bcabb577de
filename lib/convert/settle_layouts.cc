#include "lib/convert/settle_layouts.h"

#include <vector>

#include <spdlog/fmt/fmt.h>

#include "lib/evaluation/pairing.h"
#include "lib/graph/port_layout.h"
#include "lib/runner/port.h"

namespace qconvert {
namespace {

/// Says of a candidate's port that it is NHWC where its shape shows that: [N,H,W,C] against the
/// reference's [N,C,H,W].
void SettleLayout(Graph& graph, TensorId id, const std::string& name, const Shape& wanted,
                  EvaluateOptions::Layout said) {
  using Said = EvaluateOptions::Layout;
  const Shape& shape = graph.tensor(id).shape;
  if (NotedLayout(graph, name) || shape.size() != 4 || wanted.size() != 4) return;
  const bool as_nchw = shape == wanted, as_nhwc = NchwShape(shape) == wanted;
  if (as_nchw && as_nhwc && said == Said::kUnsaid && shape[1] != 1) {
    Fail(ErrorKind::kUsage, fmt::format("'{}' of shape {} could be NCHW or NHWC; say "
                                        "--candidate-layout nchw or nhwc",
                                        name, ToText(shape)));
  }
  const bool nhwc = as_nhwc && (!as_nchw || said == Said::kNhwc);
  NoteLayout(graph, name, nhwc ? Layout::kNhwc : Layout::kKeep);
}

}  // namespace

void SettleLayouts(const Graph& reference, Graph& candidate, EvaluateOptions::Layout said) {
  const auto settle = [&](const std::vector<Port>& wanted, const std::vector<Port>& ports) {
    for (size_t i = 0; i < ports.size(); ++i) {
      const size_t partner = FindPartner(wanted, ports[i].name, i);
      if (partner >= wanted.size()) continue;
      SettleLayout(candidate, ports[i].id, ports[i].name, wanted[partner].shape, said);
    }
  };
  settle(InputPorts(reference), InputPorts(candidate));
  settle(OutputPorts(reference), OutputPorts(candidate));
}

}  // namespace qconvert
