// The model before its batch norms are folded, as far as training needs it: which norms are trained
// with the statistics of batches, and where trained weights are written back. tune.cc asks before
// it makes the trained graph and when it ends.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/qconvert.h"
#include "lib/tuning/saved_weights.h"

namespace qconvert {

/// Knows nothing where batch norms are frozen and no float model is to be written.
class UnfoldedModel {
 public:
  /// Loads the model as often as it takes.
  ///   options  as Validated returns them; must outlive it
  ///   network  the float graph, all passes done, with its weights
  ///   Throws Error as LoadUnfolded, ConstantsOfOneReader and RequireOneFile do.
  UnfoldedModel(const TuneOptions& options, const Graph& network);

  /// Returns the norms to train beside their layers.
  const std::vector<FoldedNorm>& trained_norms() const { return trained_; }

  /// Keeps from training what a float model could not hold.
  ///   network  as above
  void Restrict(const Graph& network, TrainedGraph& graph);

  /// Returns what is done with batch norms: "corrected, 17 with the statistics of batches".
  std::string BatchNormText(const TrainedGraph& graph) const;

  /// Returns what is not trained because it could not be written back.
  std::vector<std::string> kept() const;

  /// Writes the float model with trained weights.
  ///   parameters  of all segments of the graph that was restricted; null: nothing was won, and the
  ///               model stays as it is
  ///   Throws Error(kIo), and as WithConstants.
  void Save(const TrainedGraph& graph, const std::vector<float>* parameters) const;

 private:
  void ReadOrigins();

  const TuneOptions& options_;
  std::optional<Graph> unfolded_;
  FoldedNorms found_;
  std::vector<FoldedNorm> trained_;
  std::map<NodeOperand, ConstantOrigin> origins_;
  std::optional<SavedWeights> saved_;
};

}  // namespace qconvert
