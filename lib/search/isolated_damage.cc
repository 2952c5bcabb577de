#include "lib/search/isolated_damage.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "lib/ops/op.h"

namespace qconvert {
namespace {

constexpr size_t kSuspects = 4;
constexpr size_t kWindows = 8;
constexpr size_t kUnions = 4;
constexpr size_t kSmall = 4;       // nodes of a set that others may join
constexpr size_t kMostNodes = 8;   // that a cure keeps in float: more would be another network
constexpr double kSomeDb = 0.5;    // a set that gains less is not looked at any closer
constexpr double kMostOfIt = 0.9;  // of a window's gain, in dB: its other half has hardly a part
constexpr double kWorthwhileDb = 1;

using Nodes = std::vector<size_t>;  // indices of quantized nodes, ascending

/// Returns the mean SQNR of some outputs; of one that is exact or lost, a number.
double MeanSqnr(const Comparison& comparison, const std::set<size_t>& outputs) {
  double sum = 0;
  for (size_t output : outputs) {
    sum += std::clamp(comparison.outputs[output].nearness_db(), -20.0, 100.0);
  }
  return sum / static_cast<double>(outputs.size());
}

/// Returns the outputs that fall short; all of them when none does by itself.
std::set<size_t> OutputsInNeed(const DamageQuestion& question) {
  std::set<size_t> outputs;
  for (const Shortfall& shortfall : FindShortfalls(question.check, question.limits)) {
    outputs.insert(shortfall.output);
  }
  if (!outputs.empty()) return outputs;
  for (size_t k = 0; k < question.check.outputs.size(); ++k) outputs.insert(k);
  return outputs;
}

class Search {
 public:
  Search(const DamageQuestion& question, const RestoreNodes& restore)
      : question_(question),
        restore_(restore),
        in_need_(OutputsInNeed(question)),
        before_db_(MeanSqnr(question.check, in_need_)),
        nodes_(question.nodes) {
    for (size_t i = 0; i < nodes_.size(); ++i) place_[nodes_[i]->name] = i;
  }

  IsolatedDamage Find() {
    TrySuspects();
    if (!OneNodeCures()) TryWindows();
    if (!FewCure(kSmall)) TryUnions();
    return Finish();
  }

 private:
  struct Tried {
    Nodes nodes;
    Restoration result;
    bool split = false;
  };

  bool MayTry(size_t sets) const { return tried_.size() + sets <= question_.most_trials; }

  void Try(const Nodes& nodes) {
    if (nodes.empty() || !MayTry(1) || !seen_.insert(nodes).second) return;
    Restoration result;
    for (size_t i : nodes) result.nodes.push_back(nodes_[i]->name);
    result.comparison = restore_(result.nodes);
    result.gain_db = MeanSqnr(result.comparison, in_need_) - before_db_;
    result.cures = FindShortfalls(result.comparison, question_.limits).empty();
    tried_.push_back({nodes, std::move(result)});
  }

  bool FewCure(size_t most) const {
    return std::any_of(tried_.begin(), tried_.end(), [&](const Tried& tried) {
      return tried.result.cures && tried.nodes.size() <= most;
    });
  }
  bool OneNodeCures() const { return FewCure(1); }

  /// Returns the nodes, the most suspicious first.
  Nodes BySuspicion() const {
    const auto harm = [&](size_t i) {
      const auto found = question_.suspicion.find(nodes_[i]->name);
      const bool known = found != question_.suspicion.end() && !std::isnan(found->second);
      return known ? found->second : -std::numeric_limits<double>::infinity();
    };
    Nodes order(nodes_.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return harm(a) > harm(b); });
    return order;
  }

  /// Returns a node and the quantized nodes that compute what it reads.
  Nodes WithProducers(size_t i) const {
    std::set<size_t> nodes = {i};
    for (TensorId id : nodes_[i]->inputs()) {
      const Node* producer = Source(id);
      if (producer == nullptr) continue;
      if (const auto found = place_.find(producer->name); found != place_.end()) {
        nodes.insert(found->second);
      }
    }
    return {nodes.begin(), nodes.end()};
  }

  /// Returns the node that computes a tensor's values; others may have changed its shape.
  const Node* Source(TensorId id) const {
    const Node* producer = id == kNoTensor ? nullptr : question_.network.Producer(id);
    while (producer != nullptr && OpOf(*producer).shares_bytes) {
      producer = question_.network.Producer(producer->input(0));
    }
    return producer;
  }

  void TrySuspects() {
    Nodes suspects = BySuspicion();
    suspects.resize(std::min(suspects.size(), kSuspects));
    for (size_t i : suspects) {
      Try({i});
      if (OneNodeCures()) return;
    }
    for (size_t i : suspects) Try(WithProducers(i));
  }

  void TryRange(size_t begin, size_t end) {
    Nodes nodes;
    for (size_t i = begin; i < end; ++i) nodes.push_back(i);
    Try(nodes);
  }

  void TryWindows() {
    const size_t windows = std::min(kWindows, nodes_.size());
    if (!MayTry(windows + kUnions)) return;
    const size_t first = tried_.size();
    for (size_t k = 0; k < windows; ++k) {
      TryRange(k * nodes_.size() / windows, (k + 1) * nodes_.size() / windows);
    }
    while (!OneNodeCures() && MayTry(2 + kUnions)) {
      Tried* best = WidestGain(first);
      if (best == nullptr) return;
      best->split = true;
      Halve(best->nodes.front(), best->nodes.back() + 1, best->result.gain_db);
    }
  }

  /// Tries the halves of a window; the second only when the first does not explain the gain.
  void Halve(size_t begin, size_t end, double gain_db) {
    const size_t middle = begin + (end - begin) / 2;
    TryRange(begin, middle);
    if (GainOf(begin, middle) < kMostOfIt * gain_db) TryRange(middle, end);
  }

  /// Returns what a window gained that was tried.
  double GainOf(size_t begin, size_t end) const {
    for (const Tried& tried : tried_) {
      const Nodes& nodes = tried.nodes;
      const bool whole = nodes.size() == end - begin && nodes.front() == begin;
      if (whole && nodes.back() + 1 == end) return tried.result.gain_db;
    }
    return 0;
  }

  /// Returns the window that gains the most and can be halved; null when none gains enough.
  Tried* WidestGain(size_t first) {
    Tried* best = nullptr;
    for (size_t k = first; k < tried_.size(); ++k) {
      Tried& tried = tried_[k];
      if (tried.split || tried.nodes.size() < 2 || tried.result.gain_db < kSomeDb) continue;
      if (best == nullptr || tried.result.gain_db > best->result.gain_db) best = &tried;
    }
    return best;
  }

  void TryUnions() {
    std::vector<const Tried*> small;
    for (const Tried& tried : tried_) {
      if (tried.nodes.size() <= kSmall && tried.result.gain_db >= kSomeDb) small.push_back(&tried);
    }
    std::stable_sort(small.begin(), small.end(), [](const Tried* a, const Tried* b) {
      return a->result.gain_db > b->result.gain_db;
    });
    std::vector<Nodes> unions;
    std::set<size_t> nodes;
    for (const Tried* tried : small) {
      std::set<size_t> larger = nodes;
      larger.insert(tried->nodes.begin(), tried->nodes.end());
      if (larger.size() == nodes.size() || larger.size() > most_nodes()) continue;
      nodes = std::move(larger);
      unions.emplace_back(nodes.begin(), nodes.end());
    }
    for (size_t k = 0; k < unions.size() && k < kUnions && !FewCure(most_nodes()); ++k) {
      Try(unions[k]);
    }
  }

  size_t most_nodes() const { return std::min(kMostNodes, (nodes_.size() + 1) / 2); }

  /// Returns whether `a` is a better answer than `b`.
  static bool Better(const Restoration& a, const Restoration& b) {
    if (a.cures != b.cures) return a.cures;
    if (a.cures && a.nodes.size() != b.nodes.size()) return a.nodes.size() < b.nodes.size();
    return a.gain_db > b.gain_db;
  }

  IsolatedDamage Finish() const {
    IsolatedDamage found;
    found.trials = tried_.size();
    for (const Tried& tried : tried_) {
      const Restoration& result = tried.result;
      if (tried.nodes.size() == 1 && result.gain_db > 0 &&
          (!found.layer || result.gain_db > found.layer->gain_db)) {
        found.layer = result;
      }
      const bool answers = result.cures || result.gain_db >= kWorthwhileDb;
      if (!answers || tried.nodes.size() > most_nodes()) continue;
      if (!found.few || Better(result, *found.few)) found.few = result;
    }
    return found;
  }

  const DamageQuestion& question_;
  const RestoreNodes& restore_;
  const std::set<size_t> in_need_;
  const double before_db_;
  const std::vector<const Node*> nodes_;
  std::map<std::string, size_t> place_;  // in nodes_
  std::set<Nodes> seen_;
  std::vector<Tried> tried_;
};

}  // namespace

std::vector<const Node*> QuantizedNodes(const Graph& network, const QuantizationPlan& plan) {
  std::vector<const Node*> nodes;
  for (const Node& node : network.nodes()) {
    const NodePlan* found = plan.Find(node);
    const bool quantized = found != nullptr && found->precision != kFloatNode;
    if (quantized && !OpOf(node).shares_bytes) nodes.push_back(&node);
  }
  return nodes;
}

IsolatedDamage FindIsolatedDamage(const DamageQuestion& question, const RestoreNodes& restore) {
  return Search(question, restore).Find();
}

}  // namespace qconvert
