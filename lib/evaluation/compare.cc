#include "lib/evaluation/compare.h"

#include <map>
#include <optional>
#include <utility>

#include "lib/evaluation/pairing.h"
#include "lib/runner/for_each_sample.h"
#include "lib/runner/session.h"

namespace qconvert {
namespace {

class Comparer {
 public:
  Comparer(const RunnableModel& reference, const RunnableModel& candidate, const SampleReader& read,
           const CompareOptions& options)
      : reference_(reference),
        candidate_(candidate),
        read_(read),
        inputs_(PairPorts(reference.inputs, candidate.inputs, "input")),
        outputs_(PairPorts(reference.outputs, candidate.outputs, "output")) {
    if (options.layers) {
      layers_ = PairLayers(reference.compiled.graph(), candidate.compiled.graph());
    }
    for (size_t k = 0; k < layers_.size(); ++k) {
      layer_of_reference_[layers_[k].reference] = k;
      layer_of_candidate_[layers_[k].candidate] = k;
    }
  }

  const std::vector<LayerPair>& layers() const { return layers_; }
  std::vector<std::optional<OutputRange>> ranges() const { return RangesOf(candidate_, outputs_); }

  SampleResult RunSample(size_t i, Session& reference, Session& candidate) const {
    const auto values = read_(i);
    for (size_t k = 0; k < reference_.inputs.size(); ++k) {
      WriteInput(reference_.compiled.graph(), reference_.inputs[k], values.at(k),
                 reference.Input(k));
      WriteInput(candidate_.compiled.graph(), candidate_.inputs[inputs_[k]], values.at(k),
                 candidate.Input(inputs_[k]));
    }
    SampleResult result;
    result.layers.resize(layers_.size());
    if (!layers_.empty()) {
      RunSideBySide(reference, candidate, result.layers);
    } else {
      reference.Run();
      candidate.Run();
    }
    for (size_t k = 0; k < outputs_.size(); ++k) {
      result.reference.push_back(
          ReadOutput(reference_.compiled.graph(), reference_.outputs[k], reference.Output(k)));
      result.candidate.push_back(ReadOutput(candidate_.compiled.graph(),
                                            candidate_.outputs[outputs_[k]],
                                            candidate.Output(outputs_[k])));
    }
    return result;
  }

 private:
  /// Compares every layer; few layers' values wait for their partners.
  void RunSideBySide(Session& reference, Session& candidate,
                     std::vector<LayerFigures>& layers) const {
    reference.Start();
    candidate.Start();
    Waiting waiting;
    while (const Node* node = candidate.Advance()) {
      for (TensorId id : node->outputs()) {
        const auto found = layer_of_candidate_.find(id);
        if (found == layer_of_candidate_.end()) continue;
        AdvanceReference(reference, found->second, waiting);
        auto values = RealValues(candidate_.compiled.graph().tensor(id), candidate.Bytes(id));
        AddLayer(layers_[found->second], std::move(waiting.at(found->second)), std::move(values),
                 layers[found->second]);
        waiting.erase(found->second);
      }
    }
    while (reference.Advance() != nullptr) continue;
  }

  /// The reference's values by layer, until the candidate has computed that layer too.
  using Waiting = std::map<size_t, std::vector<float>>;

  /// Runs the reference until it has computed a layer.
  void AdvanceReference(Session& session, size_t layer, Waiting& waiting) const {
    while (waiting.count(layer) == 0) {
      for (TensorId id : session.Advance()->outputs()) {
        const auto found = layer_of_reference_.find(id);
        if (found == layer_of_reference_.end()) continue;
        waiting[found->second] =
            RealValues(reference_.compiled.graph().tensor(id), session.Bytes(id));
      }
    }
  }

  const RunnableModel& reference_;
  const RunnableModel& candidate_;
  const SampleReader& read_;
  std::vector<size_t> inputs_, outputs_;  // of the candidate, by the reference's index
  std::vector<LayerPair> layers_;
  std::map<TensorId, size_t> layer_of_reference_, layer_of_candidate_;
};

}  // namespace

std::vector<std::optional<OutputRange>> RangesOf(const RunnableModel& model,
                                                 const std::vector<size_t>& outputs) {
  std::vector<std::optional<OutputRange>> ranges;
  for (size_t output : outputs) {
    ranges.push_back(RangeOfOutput(model.compiled.graph(), model.outputs[output].id));
  }
  return ranges;
}

Comparison Compare(const RunnableModel& reference, const RunnableModel& candidate, size_t samples,
                   const SampleReader& read, const CompareOptions& options, ThreadPool& threads,
                   Progress& progress) {
  const Comparer comparer(reference, candidate, read, options);
  ComparisonRecorder recorder(reference.compiled.graph(), reference.outputs, comparer.ranges(),
                              comparer.layers(), options.label_maps);
  struct Sessions {
    Session reference, candidate;
  };
  ForEachSample(
      samples, threads, progress,
      [&] {
        return Sessions{Session(reference.compiled), Session(candidate.compiled)};
      },
      [&](size_t i, Sessions& mine) {
        return comparer.RunSample(i, mine.reference, mine.candidate);
      },
      [&](size_t i, const SampleResult& result) {
        std::optional<int> label;
        if (options.labels != nullptr) label = options.labels->at(i);
        recorder.Add(result, label);
        if (options.observe) options.observe(result);
      });
  return recorder.Finish();
}

}  // namespace qconvert
