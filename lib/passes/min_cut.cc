#include "lib/passes/min_cut.h"

#include <algorithm>
#include <utility>

namespace qconvert {

int MinCut::Add() {
  edges_.emplace_back();
  return static_cast<int>(edges_.size()) - 1;
}

void MinCut::AddCost(int zero, int one, int64_t cost) {
  if (cost == 0 || zero == one) return;
  auto& from = edges_[static_cast<size_t>(zero)];
  auto& to = edges_[static_cast<size_t>(one)];
  from.push_back({one, cost, to.size()});
  to.push_back({zero, 0, from.size() - 1});
}

/// Sends as much as fits along a shortest path from kZero to kOne; false when there is no path.
bool MinCut::Augment() {
  constexpr std::pair<int, size_t> kUnseen{-1, 0};
  std::vector<std::pair<int, size_t>> reached_by(edges_.size(), kUnseen);  // thing, index of edge
  std::vector<int> queue = {kZero};
  reached_by[kZero] = {kZero, 0};
  for (size_t i = 0; i < queue.size() && reached_by[kOne] == kUnseen; ++i) {
    const auto& edges = edges_[static_cast<size_t>(queue[i])];
    for (size_t e = 0; e < edges.size(); ++e) {
      if (edges[e].capacity == 0 || reached_by[static_cast<size_t>(edges[e].to)] != kUnseen)
        continue;
      reached_by[static_cast<size_t>(edges[e].to)] = {queue[i], e};
      queue.push_back(edges[e].to);
    }
  }
  if (reached_by[kOne] == kUnseen) return false;
  const auto edge_to = [&](int thing) -> Edge& {
    const auto [from, e] = reached_by[static_cast<size_t>(thing)];
    return edges_[static_cast<size_t>(from)][e];
  };
  int64_t flow = kForbidden;
  for (int at = kOne; at != kZero; at = reached_by[static_cast<size_t>(at)].first) {
    flow = std::min(flow, edge_to(at).capacity);
  }
  for (int at = kOne; at != kZero; at = reached_by[static_cast<size_t>(at)].first) {
    edge_to(at).capacity -= flow;
    edges_[static_cast<size_t>(at)][edge_to(at).twin].capacity += flow;
  }
  return true;
}

std::vector<bool> MinCut::ReachableFromZero() const {
  std::vector<bool> reached(edges_.size());
  std::vector<int> queue = {kZero};
  reached[kZero] = true;
  for (size_t i = 0; i < queue.size(); ++i) {
    for (const Edge& edge : edges_[static_cast<size_t>(queue[i])]) {
      if (edge.capacity == 0 || reached[static_cast<size_t>(edge.to)]) continue;
      reached[static_cast<size_t>(edge.to)] = true;
      queue.push_back(edge.to);
    }
  }
  return reached;
}

std::vector<bool> MinCut::CannotReachOne() const {
  std::vector<bool> cannot(edges_.size(), true);
  std::vector<int> queue = {kOne};
  cannot[kOne] = false;
  for (size_t i = 0; i < queue.size(); ++i) {
    for (const Edge& edge : edges_[static_cast<size_t>(queue[i])]) {
      const Edge& towards = edges_[static_cast<size_t>(edge.to)][edge.twin];
      if (towards.capacity == 0 || !cannot[static_cast<size_t>(edge.to)]) continue;
      cannot[static_cast<size_t>(edge.to)] = false;
      queue.push_back(edge.to);
    }
  }
  return cannot;
}

std::vector<bool> MinCut::Solve(bool prefer_ones) {
  while (Augment()) {
  }
  std::vector<bool> labels = prefer_ones ? ReachableFromZero() : CannotReachOne();
  labels.flip();  // those on kZero's side have label 0
  return labels;
}

}  // namespace qconvert
