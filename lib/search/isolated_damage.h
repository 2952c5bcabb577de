// Which nodes cost a quantized network its accuracy: nodes are restored to float, everything else
// stays quantized, and what that gains is measured. Stands on score.h; convert/ asks it after a
// check that falls short, or for the doctor of qeval, and makes a flag of what it finds.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/evaluation/shortfalls.h"
#include "lib/quantization/quantization_plan.h"

namespace qconvert {

/// Compares the network with the float one when the nodes of these names stay in float, too.
using RestoreNodes = std::function<Comparison(const std::vector<std::string>& nodes)>;

/// Nodes that were restored together, and what that gave.
struct Restoration {
  std::vector<std::string> nodes;  ///< names, in the order of the graph
  Comparison comparison;
  double gain_db = 0;  ///< of the outputs that fall short, on average
  bool cures = false;  ///< nothing falls short any more
};

/// What is to be found out.
struct DamageQuestion {
  const Graph& network;            ///< float; its structure is enough
  std::vector<const Node*> nodes;  ///< that can be restored, in the order of the graph
  /// By the name of a node: how much harm it is held to do, in any unit. Nodes without one come
  /// last.
  std::map<std::string, double> suspicion;
  const Comparison& check;   ///< of the quantized network
  const GateLimits& limits;  ///< as FindShortfalls takes them
  size_t most_trials = 0;    ///< calls of RestoreNodes
};

/// What was found out.
struct IsolatedDamage {
  std::optional<Restoration> layer;  ///< the single node that gains the most; nothing: none gains
  /// A few nodes: the fewest of those that cure, else those that gain the most, at least 1 dB.
  std::optional<Restoration> few;
  size_t trials = 0;
};

/// Trials of a search for a cure, at most.
inline constexpr size_t kMostTrials = 32;
/// Trials that name the layer and look for no cure, at most.
inline constexpr size_t kTrialsToName = 8;

/// Returns the nodes that a plan quantizes and that compute something.
std::vector<const Node*> QuantizedNodes(const Graph& network, const QuantizationPlan& plan);

/// Looks for the nodes whose quantization does the damage, by measurement:
///   1. the most suspicious nodes, each alone, then with its producers, since the noise may be that
///      of a tensor between two nodes;
///   2. windows of neighbouring nodes over the whole graph, the best of them halved again and
///      again: this finds a node whose own noise is small, but matters;
///   3. the best of the small sets together.
/// A single node that cures ends the search.
IsolatedDamage FindIsolatedDamage(const DamageQuestion& question, const RestoreNodes& restore);

}  // namespace qconvert
