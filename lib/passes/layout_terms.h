// What the choice of layouts is about: who gets a label, and what chains between two of them cost.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "lib/passes/min_cut.h"
#include "lib/passes/relayout.h"

namespace qconvert {

/// Something with a label: a node, an input of the model or an output of the model.
struct LayoutChoice {
  Node* node = nullptr;
  int input = -1, output = -1;  ///< of the model
  std::optional<Relayout> relayout;
  bool is_free = false;
  bool is_stored = false;  ///< label 1
  int cut_index = MinCut::kZero;
};

/// Choices that read one tensor and pay for one chain, if any of them has label `reader_label`.
struct LayoutTerm {
  LayoutChoice* producer = nullptr;  ///< null: of fixed label
  std::vector<LayoutChoice*> readers;
  bool reader_label = false;
  std::array<int64_t, 2> price{};  ///< by the producer's label
};

constexpr int64_t kTransposePrice = 1024, kReshapePrice = 4, kModelSignaturePrice = 1;

/// All of a graph.
struct LayoutTerms {
  std::vector<std::unique_ptr<LayoutChoice>> choices;
  std::vector<LayoutTerm> terms;
};

/// Finds the choices that a graph leaves, and the prices of its chains.
///   with_ports  4-D inputs and outputs of the model are choices, too
LayoutTerms FindLayoutTerms(Graph& graph, const LayoutFamily& family, bool with_ports);

/// Returns a shape with ones in front, so that it has `rank` axes.
Shape FullRank(const Shape& shape, size_t rank);

}  // namespace qconvert
