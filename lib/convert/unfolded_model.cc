#include "lib/convert/unfolded_model.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include "lib/base/output_file.h"
#include "lib/network/load_unfolded.h"
#include "lib/onnx/rewrite_constants.h"

namespace qconvert {
namespace {

using Norms = TuneOptions::BatchNorm;

ImportOptions ImportOf(const ConvertOptions& options) {
  return {options.shapes, options.inputs, options.outputs};
}

}  // namespace

UnfoldedModel::UnfoldedModel(const TuneOptions& options, const Graph& network) : options_(options) {
  const bool frozen = *options.batch_norm == Norms::kFrozen, saves = !options.save_onnx.empty();
  if (frozen && !saves) return;
  unfolded_ = LoadUnfolded(options.convert.model, ImportOf(options.convert));
  found_ = FindFoldedNorms(*unfolded_, network);
  if (saves) ReadOrigins();
  if (frozen) return;
  for (const FoldedNorm& norm : found_.norms) {
    if (!saves || IsSavable(norm, origins_)) trained_.push_back(norm);
  }
}

void UnfoldedModel::ReadOrigins() {
  const std::string& model = options_.convert.model;
  RequireOneFile(model);
  const std::set<std::string> changeable = ConstantsOfOneReader(model);
  origins_ = FindConstantOrigins(model, ImportOf(options_.convert), *unfolded_,
                                 TrainableOperands(*unfolded_));
  std::erase_if(origins_,
                [&](const auto& origin) { return changeable.count(origin.second.tensor) == 0; });
}

void UnfoldedModel::Restrict(const Graph& network, TrainedGraph& graph) {
  if (!options_.save_onnx.empty()) {
    saved_.emplace(network, *unfolded_, found_.norms, origins_, graph);
  }
  unfolded_.reset();
}

std::string UnfoldedModel::BatchNormText(const TrainedGraph& graph) const {
  if (*options_.batch_norm == Norms::kFrozen) return "frozen";
  if (found_.norms.empty() && found_.merged.empty()) {
    return "the model has none; weights are trained as they are";
  }
  std::vector<std::string> left_out = found_.merged;
  for (const FoldedNorm& norm : found_.norms) {
    const bool trained = std::ranges::any_of(graph.layers(), [&](const TrainedLayer& layer) {
      return layer.norm && layer.node == norm.layer;
    });
    if (!trained) left_out.push_back(norm.norm);
  }
  std::string text = *options_.batch_norm == Norms::kNaive ? "naive" : "corrected";
  text += fmt::format(", {} with the statistics of batches", graph.NormedLayers().size());
  if (options_.freeze_bn_after) text += fmt::format(" for {} steps", *options_.freeze_bn_after);
  if (!left_out.empty()) text += fmt::format("; frozen: {}", fmt::join(left_out, ", "));
  return text;
}

std::vector<std::string> UnfoldedModel::kept() const {
  return saved_ ? saved_->kept() : std::vector<std::string>{};
}

void UnfoldedModel::Save(const TrainedGraph& graph, const std::vector<float>* parameters) const {
  if (!saved_) return;
  std::map<std::string, std::vector<float>> constants;
  if (parameters != nullptr) constants = saved_->ValuesOf(graph, *parameters);
  WriteFile(options_.save_onnx, WithConstants(options_.convert.model, constants));
}

}  // namespace qconvert
