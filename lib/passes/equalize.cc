#include "lib/passes/equalize.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lib/passes/linear.h"
#include "lib/passes/linear_pairs.h"

namespace qconvert {
namespace {

constexpr int kMostSweeps = 40;
constexpr double kConverged = 1e-3;  // relative change of a factor in one sweep
constexpr float kCap = 6;

/// One pair, and the factors by which the channels between its operators grow.
struct Pair {
  LinearPair nodes;
  std::vector<double> factors;      // [C]
  std::vector<double> most;         // [C], of the factors
  const std::vector<Range>* shown;  // [C], null: not observed
  bool capped = false;
};

/// The operators that are the ends of pairs, with the factors of their weights.
class Equalizer {
 public:
  Equalizer(Graph& graph, const ChannelRanges& ranges, const std::set<std::string>& firsts)
      : graph_(graph) {
    for (LinearPair& nodes : LinearPairs(graph, Caps::kIncluded)) {
      if (firsts.count(nodes.first->name) > 0) AddPair(std::move(nodes), ranges);
    }
  }

  Equalized Run() && {
    for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
      double change = 0;
      for (Pair& pair : pairs_) change = std::max(change, Balance(pair));
      if (change < kConverged) break;
    }
    for (const Pair& pair : pairs_) Scale(pair);
    for (const Pair& pair : pairs_) Absorb(pair);
    done_.pairs = pairs_.size();
    return done_;
  }

 private:
  void AddPair(LinearPair nodes, const ChannelRanges& ranges) {
    const auto channels = static_cast<size_t>(OutputChannels(graph_, *nodes.first));
    const auto found = ranges.find(graph_.tensor(nodes.first->output()).name);
    Pair pair{std::move(nodes), std::vector<double>(channels, 1),
              std::vector<double>(channels, std::numeric_limits<double>::infinity()),
              found == ranges.end() ? nullptr : &found->second};
    if (*FusedActivation(pair.nodes.first->op) == Activation::kRelu6 && !Uncap(pair)) return;
    pairs_.push_back(std::move(pair));
    Pair& added = pairs_.back();
    outputs_[added.nodes.first] = pairs_.size() - 1;
    inputs_[added.nodes.second] = pairs_.size() - 1;
  }

  /// Finds out how far the cap lets each channel grow, and drops it where it cuts none. Returns
  /// whether that is known.
  bool Uncap(Pair& pair) {
    if (pair.shown == nullptr) return false;
    pair.capped = true;
    size_t cut = 0;
    for (size_t c = 0; c < pair.most.size(); ++c) {
      const float reached = (*pair.shown)[c].max * (1 + kEqualizationMargin);
      if (reached >= kCap) ++cut;
      pair.most[c] = reached >= kCap ? 0 : double{kCap} / double{reached};
    }
    done_.kept_channels += cut;
    if (cut > 0) return true;
    pair.capped = false;
    pair.most.assign(pair.most.size(), std::numeric_limits<double>::infinity());
    *FusedActivation(pair.nodes.first->op) = Activation::kRelu;
    ++done_.dropped_caps;
    return true;
  }

  /// Moves the factors of a pair so that the largest weights before and behind each channel are
  /// alike. Returns the largest relative change.
  double Balance(Pair& pair) {
    const std::vector<double> before = LargestWeights(*pair.nodes.first, pair.factors.size(), true);
    const std::vector<double> behind =
        LargestWeights(*pair.nodes.second, pair.factors.size(), false);
    double change = 0;
    for (size_t c = 0; c < pair.factors.size(); ++c) {
      if (before[c] == 0 || behind[c] == 0 || pair.most[c] == 0) continue;
      const double wanted = pair.factors[c] * std::sqrt(behind[c] / before[c]);
      const double factor = std::min(wanted, pair.most[c]);
      change = std::max(change, std::abs(factor / pair.factors[c] - 1));
      pair.factors[c] = factor;
    }
    return change;
  }

  /// Returns the largest |w| of each output or input channel of an operator, with all factors.
  std::vector<double> LargestWeights(const Node& node, size_t channels, bool outputs) const {
    const auto own = outputs_.find(&node), other = inputs_.find(&node);
    const Tensor& weights = graph_.tensor(node.input(1));
    const ChannelView view = ViewChannels(weights.shape, OutputChannelAxis(graph_, node));
    const auto inputs = static_cast<size_t>(graph_.tensor(node.input(0)).shape.back());
    const auto values = weights.Values<float>();
    std::vector<double> largest(channels);
    for (size_t i = 0; i < values.size(); ++i) {
      const auto output = static_cast<size_t>(static_cast<int64_t>(i) / view.inner % view.channels);
      const size_t input = InputChannel(node, weights.shape, inputs, i);
      double weight = std::abs(double{values[i]});
      if (own != outputs_.end()) weight *= pairs_[own->second].factors[output];
      if (other != inputs_.end()) weight /= pairs_[other->second].factors[input];
      double& most = largest[outputs ? output : input];
      most = std::max(most, weight);
    }
    return largest;
  }

  void Scale(const Pair& pair) {
    std::vector<float> grow, shrink;
    for (double factor : pair.factors) {
      grow.push_back(static_cast<float>(factor));
      shrink.push_back(1 / grow.back());
    }
    ScaleAndShift(graph_, *pair.nodes.first, grow, std::vector<float>(grow.size()));
    ScaleInputs(graph_, *pair.nodes.second, shrink);
  }

  /// Moves what the channels of a pair exceed 0 by, with a margin, into the bias behind.
  void Absorb(const Pair& pair) {
    const Activation activation = *FusedActivation(pair.nodes.first->op);
    if (pair.shown == nullptr || activation == Activation::kNone) return;
    if (!pair.nodes.between.empty() || Pads(*pair.nodes.second)) return;
    std::vector<float> taken(pair.factors.size()), given(taken.size());
    for (size_t c = 0; c < taken.size(); ++c) {
      const float least = (*pair.shown)[c].min * (1 - kEqualizationMargin);
      if (least <= 0 || (pair.capped && pair.most[c] == 0)) continue;
      given[c] = static_cast<float>(double{least} * pair.factors[c]);
      taken[c] = -given[c];
      ++done_.absorbed;
    }
    if (std::all_of(given.begin(), given.end(), [](float shift) { return shift == 0; })) return;
    ScaleAndShift(graph_, *pair.nodes.first, std::vector<float>(taken.size(), 1), taken);
    ShiftInputs(graph_, *pair.nodes.second, given);
  }

  static bool Pads(const Node& node) {
    if (node.Is<TransposeConv2D>()) return true;  // taps that meet nothing count as zeros
    const auto pads = [](const Window& window) {
      return window.pad_top + window.pad_left + window.pad_bottom + window.pad_right > 0;
    };
    if (const auto* conv = node.As<Conv2D>()) return pads(conv->window);
    if (const auto* conv = node.As<DepthwiseConv2D>()) return pads(conv->window);
    return false;
  }

  Graph& graph_;
  std::vector<Pair> pairs_;
  std::map<const Node*, size_t> outputs_, inputs_;  // the pair whose channels a node has there
  Equalized done_;
};

}  // namespace

std::vector<std::set<std::string>> EqualizableChains(Graph& graph) {
  std::vector<std::set<std::string>> chains;
  std::map<const Node*, size_t> chain_of;  // by the second operator of a pair
  for (const LinearPair& pair : LinearPairs(graph, Caps::kIncluded)) {
    const auto found = chain_of.find(pair.first);
    const size_t chain = found == chain_of.end() ? chains.size() : found->second;
    if (chain == chains.size()) chains.emplace_back();
    chains[chain].insert(pair.first->name);
    chain_of[pair.second] = chain;
  }
  return chains;
}

Equalized Equalize(Graph& graph, const ChannelRanges& ranges, const std::set<std::string>& firsts) {
  return Equalizer(graph, ranges, firsts).Run();
}

}  // namespace qconvert
