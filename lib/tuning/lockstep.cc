#include "lib/tuning/lockstep.h"

#include <algorithm>

namespace qconvert {

std::pair<size_t, size_t> SliceOf(size_t slice, size_t slices, size_t batch) {
  return {slice * batch / slices, (slice + 1) * batch / slices};
}

Lockstep::Lockstep(const TrainedGraph& graph, std::span<const std::unique_ptr<SimulationRun>> runs,
                   std::span<GradientSlice> slices, ThreadPool& threads)
    : graph_(graph),
      runs_(runs),
      slices_(slices),
      threads_(threads),
      normed_(graph.NormedLayers()),
      parts_{0} {
  for (const TrainedLayer* layer : normed_) parts_.push_back(layer->norm->first_node);
  parts_.push_back(graph.graph().nodes().size());
}

/// Calls body(slice, i, run) for all samples, one thread for those of a slice.
template <typename Body>
void Lockstep::ForEachSample(const Body& body) {
  threads_.Run(static_cast<int>(slices_.size()), [&](int index, int) {
    const auto slice = static_cast<size_t>(index);
    const auto [first, last] = SliceOf(slice, slices_.size(), runs_.size());
    for (size_t i = first; i < last; ++i) body(slice, i, *runs_[i]);
  });
}

void Lockstep::Run(const SampleWork& work, StepValues& values) {
  for (GradientSlice& slice : slices_) {
    slice.loss = 0;
    std::fill(slice.gradients.begin(), slice.gradients.end(), 0.0F);
  }
  Forward(work, values);
  ForEachSample([&](size_t slice, size_t i, SimulationRun& run) {
    slices_[slice].loss += work.loss(i, run);
  });
  Backward(values);
}

void Lockstep::Forward(const SampleWork& work, StepValues& values) {
  ForEachSample([&](size_t, size_t i, SimulationRun& run) {
    work.feed(i, run);
    run.Begin(values.file_values());
  });
  for (size_t part = 0; part + 1 < parts_.size(); ++part) {
    if (part > 0) values.Settle(part - 1, SumsOf(*normed_[part - 1]->norm));
    ForEachSample(
        [&](size_t, size_t, SimulationRun& run) { run.Advance(parts_[part], parts_[part + 1]); });
  }
}

void Lockstep::Backward(const StepValues& values) {
  for (size_t part = parts_.size() - 1; part-- > 0;) {
    ForEachSample([&](size_t slice, size_t, SimulationRun& run) {
      run.Retreat(parts_[part], parts_[part + 1], slices_[slice].gradients);
    });
    if (part == 0) return;
    const TensorId sums = normed_[part - 1]->norm->sums;
    if (!graph_.IsWanted(sums)) continue;  // such a norm keeps its running statistics
    const StatisticsGradient gradient = GradientOf(part - 1, values);
    ForEachSample([&](size_t, size_t, SimulationRun& run) {
      gradient.AddTo(run.Value(sums), run.Gradient(sums));
    });
  }
}

ChannelSums Lockstep::SumsOf(const TrainedNorm& norm) {
  std::vector<ChannelSums> of_slices(slices_.size());
  ForEachSample([&](size_t slice, size_t, SimulationRun& run) {
    of_slices[slice].Add(run.Value(norm.sums), static_cast<size_t>(norm.channels.channels));
  });
  ChannelSums sums;
  for (const ChannelSums& slice : of_slices) {
    if (slice.count > 0) sums.Add(slice);
  }
  return sums;
}

StatisticsGradient Lockstep::GradientOf(size_t norm, const StepValues& values) {
  const TrainedLayer& layer = *normed_[norm];
  std::vector<float> sums(graph_.initial().size());
  for (size_t segment :
       {layer.weights_segment, layer.norm->gamma_segment, layer.norm->beta_segment}) {
    AddSlices(segment, sums);
  }
  return values.Unsettle(norm, sums);
}

void Lockstep::AddSlices(size_t segment, std::span<float> sums) const {
  const Segment& place = graph_.segments()[segment];
  const auto result = place.Of(sums);
  for (const GradientSlice& slice : slices_) {
    const auto own = place.Of(std::span<const float>(slice.gradients));
    for (size_t i = 0; i < result.size(); ++i) result[i] += own[i];
  }
}

}  // namespace qconvert
