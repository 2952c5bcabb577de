#include "lib/convert/tuned_norms.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include "lib/network/load_unfolded.h"

namespace qconvert {
namespace {

using Norms = TuneOptions::BatchNorm;

/// Returns the norms that were found and are not trained beside their layers.
std::vector<std::string> LeftOut(const FoldedNorms& found, const TrainedGraph& graph) {
  std::vector<std::string> left_out = found.merged;
  for (const FoldedNorm& norm : found.norms) {
    const auto& layers = graph.layers();
    const bool trained = std::any_of(layers.begin(), layers.end(), [&](const TrainedLayer& layer) {
      return layer.norm && layer.node == norm.layer;
    });
    if (!trained) left_out.push_back(norm.norm);
  }
  return left_out;
}

}  // namespace

FoldedNorms NormsToTrain(const TuneOptions& options, const Graph& network) {
  if (*options.batch_norm == Norms::kFrozen) return {};
  const ConvertOptions& convert = options.convert;
  return FindFoldedNorms(
      LoadUnfolded(convert.model, {convert.shapes, convert.inputs, convert.outputs}), network);
}

std::string BatchNormText(const TuneOptions& options, const FoldedNorms& found,
                          const TrainedGraph& graph) {
  if (*options.batch_norm == Norms::kFrozen) {
    return options.batch == 1 ? "frozen, for a batch is one sample" : "frozen";
  }
  if (found.norms.empty() && found.merged.empty()) {
    return "the model has none; weights are trained as they are";
  }
  std::string text = *options.batch_norm == Norms::kNaive ? "naive" : "corrected";
  text += fmt::format(", {} with the statistics of batches", graph.NormedLayers().size());
  if (options.freeze_bn_after) text += fmt::format(" for {} steps", *options.freeze_bn_after);
  const std::vector<std::string> left_out = LeftOut(found, graph);
  if (!left_out.empty()) text += fmt::format("; frozen: {}", fmt::join(left_out, ", "));
  return text;
}

}  // namespace qconvert
