#include "lib/tuning/dithered_weights.h"

#include "lib/math/drawn_number.h"
#include "lib/tuning/file_values.h"

namespace qconvert {

std::vector<float> DitheredWeights(const TrainedGraph& graph, std::span<const float> parameters,
                                   uint64_t seed) {
  std::vector<float> dithered(parameters.begin(), parameters.end());
  const std::vector<float> values = FileValuesOf(graph, parameters);
  for (const TrainedLayer& layer : graph.layers()) {
    const Segment& segment = graph.segments()[layer.weights_segment];
    const auto scales = graph.segments()[layer.scales_segment].Of(std::span(values));
    const auto weights = segment.Of(std::span(dithered));
    for (size_t i = 0; i < weights.size(); ++i) {
      const size_t run = i / static_cast<size_t>(layer.view.inner);
      const double noise = DrawnNumber(seed, segment.offset + i) - 0.5;
      weights[i] += static_cast<float>(noise) * scales[run % scales.size()];
    }
  }
  return dithered;
}

}  // namespace qconvert
