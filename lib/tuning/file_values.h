// Parameters -> what the file would hold of them, in real units, and the way back of gradients.
// Between the optimizer, which moves real parameters, and simulation_run.h, which computes with
// those of the file.
#pragma once

#include <span>
#include <vector>

#include "lib/tuning/trained_graph.h"

namespace qconvert {

/// Returns the values of all segments as the file holds them: weights and biases rounded to their
/// steps, scales in real units. Of layers that have their batch norm still: the scale 1 and the
/// file's bias as shift.
///   parameters  of all segments, finite
std::vector<float> FileValuesOf(const TrainedGraph& graph, std::span<const float> parameters);

/// Returns the parameters of the weights of a layer, by channel.
std::vector<AffineParams> WeightParamsOf(const TrainedGraph& graph, const TrainedLayer& layer,
                                         std::span<const float> file_values);

/// Returns the grid of an activation.
Grid GridOf(const TrainedGraph& graph, const RoundedTensor& tensor,
            std::span<const float> file_values);

/// Returns the steps of a layer's bias as the file holds them: int32, beside int16 activations
/// int64.
std::vector<int64_t> BiasStepsOf(const TrainedGraph& graph, const TrainedLayer& layer,
                                 std::span<const float> parameters,
                                 std::span<const float> file_values);

/// Rounds the weights of a layer.
///   values  of all segments, as FileValuesOf returns them; the layer's weights are replaced
void RoundWeights(const TrainedGraph& graph, const TrainedLayer& layer,
                  std::span<const float> parameters, std::span<float> values);

/// Turns gradients by the file's values into gradients by the parameters: those by weights stop
/// where they are clamped, and what the scales of weights do to the loss comes from them. Gradients
/// by logarithms of activations' scales stay as they are.
///   A bias passes its gradient: its steps are too fine to matter.
void PassThroughRounding(const TrainedGraph& graph, std::span<const float> parameters,
                         std::span<const float> file_values, std::span<float> gradients);
/// The same for one layer.
void PassThroughWeights(const TrainedGraph& graph, const TrainedLayer& layer,
                        std::span<const float> parameters, std::span<const float> file_values,
                        std::span<float> gradients);

/// Makes the gradients by what is not trained 0.
void KeepTrained(const TrainedGraph& graph, std::span<float> gradients);

}  // namespace qconvert
