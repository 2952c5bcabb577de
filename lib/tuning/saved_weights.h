// Trained parameters -> the constants of the float model that they came from. Decides before
// training which of them can be written back; onnx/rewrite_constants.h writes them after it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "lib/network/constant_origins.h"
#include "lib/tuning/folded_norms.h"
#include "lib/tuning/trained_graph.h"

namespace qconvert {

/// Returns the operands of an unfolded graph that training may change: weights and biases of
/// layers, and the parameters of batch norms.
std::vector<NodeOperand> TrainableOperands(const Graph& unfolded);

/// Returns whether all that is trained of a batch norm and its layer can be written back.
bool IsSavable(const FoldedNorm& norm, const std::map<NodeOperand, ConstantOrigin>& origins);

/// Which parameters go where.
class SavedWeights {
 public:
  /// Keeps parameters of `graph` from being trained where they could not be written back.
  ///   real      the float graph, all passes done, with its weights
  ///   unfolded  the same before batch norms were folded
  ///   norms     all that were found, whether they are trained beside their layers or not
  ///   origins   of TrainableOperands, those that may be changed
  SavedWeights(const Graph& real, const Graph& unfolded, std::vector<FoldedNorm> norms,
               const std::map<NodeOperand, ConstantOrigin>& origins, TrainedGraph& graph);

  /// Returns what is not trained because it cannot be written back: "the weights of conv1".
  const std::vector<std::string>& kept() const { return kept_; }

  /// Returns the constants of the model that training changes, by name. The model with them
  /// computes what the trained graph computes without rounding.
  ///   parameters  of all segments
  std::map<std::string, std::vector<float>> ValuesOf(const TrainedGraph& graph,
                                                     std::span<const float> parameters) const;

 private:
  /// Of one layer; null where the model holds nothing that can be changed.
  struct Places {
    const TrainedLayer* layer = nullptr;
    const FoldedNorm* norm = nullptr;
    const ConstantOrigin *weights = nullptr, *bias = nullptr;  ///< of the layer's own node
    const ConstantOrigin *gamma = nullptr, *beta = nullptr, *mean = nullptr, *variance = nullptr;
    ChannelView channels;            ///< of a norm, in the weights
    std::vector<float> stored_bias;  ///< what the model holds: the bias, or the norm's beta
    std::vector<float> first_bias;   ///< what the float graph makes of it
  };
  const ConstantOrigin* Find(const std::string& node, size_t operand) const;
  void FindPlaces(const Graph& real, const Graph& unfolded, Places& places) const;
  void KeepRest(const Places& places, TrainedGraph& graph);
  void Keep(size_t segment, const std::string& what, TrainedGraph& graph);
  void PutNormed(const Places& places, const TrainedGraph& graph, std::span<const float> parameters,
                 std::map<std::string, std::vector<float>>& constants) const;
  void PutFolded(const Places& places, const TrainedGraph& graph, std::span<const float> parameters,
                 std::map<std::string, std::vector<float>>& constants) const;

  const std::vector<FoldedNorm> norms_;
  const std::map<NodeOperand, ConstantOrigin> origins_;
  std::vector<Places> places_;
  std::vector<std::string> kept_;
};

}  // namespace qconvert
