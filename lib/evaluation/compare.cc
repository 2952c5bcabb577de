#include "lib/evaluation/compare.h"

#include <algorithm>
#include <map>
#include <memory>

#include "lib/base/error.h"
#include "lib/base/interrupt.h"
#include "lib/evaluation/pairing.h"
#include "lib/runner/session.h"

namespace qconvert {
namespace {

/// A pair of tensors inside the two networks that have the same name.
struct LayerPair {
  const Node* node;
  TensorId reference;
  TensorId candidate;
};

std::vector<LayerPair> PairLayers(const Graph& reference, const Graph& candidate) {
  std::vector<LayerPair> pairs;
  for (const Node& node : reference.nodes()) {
    if (node.Is<Reshape>()) continue;  // the runner lets it share its input's bytes
    for (TensorId id : node.outputs()) {
      const TensorId partner = candidate.FindTensor(reference.tensor(id).name);
      if (partner == kNoTensor || candidate.Producer(partner) == nullptr) continue;
      if (candidate.Producer(partner)->Is<Reshape>()) continue;
      if (candidate.tensor(partner).shape != reference.tensor(id).shape) continue;
      pairs.push_back({&node, id, partner});
    }
  }
  return pairs;
}

/// What one sample gave.
struct SampleResult {
  std::vector<std::vector<float>> reference, candidate;  // by output
  std::vector<ErrorSums> layers;
};

size_t Top1(std::span<const float> scores) {
  return static_cast<size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

/// Of equal scores the first comes first, as in Top1: int8 gives many classes the same lowest one.
bool InTop5(std::span<const float> scores, size_t label) {
  if (label >= scores.size()) return false;
  const auto better = std::count_if(scores.begin(), scores.end(),
                                    [&](float score) { return score > scores[label]; });
  const auto before = scores.first(label);
  return better + std::count(before.begin(), before.end(), scores[label]) < 5;
}

/// Watches whether an output varies at all, and how much.
class VariationWatch {
 public:
  void Add(const std::vector<float>& values) {
    if (first_.empty()) first_ = values;
    varies_ = varies_ || values != first_;
    for (float value : values) {
      ++counts_[value];
      sum_ += double{value};
      squares_ += double{value} * double{value};
    }
    total_ += values.size();
    if (counts_.size() > kMostValues) counts_.clear(), many_values_ = true;
  }
  bool varies() const { return varies_; }
  /// Returns the sum of squared distances from the mean: the noise of the best constant answer.
  double spread() const { return squares_ - sum_ * sum_ / static_cast<double>(total_); }
  bool one_value() const {
    if (many_values_ || total_ < kFewValues) return false;
    const auto most = std::max_element(counts_.begin(), counts_.end(),
                                       [](auto& a, auto& b) { return a.second < b.second; });
    return static_cast<double>(most->second) > 0.999 * static_cast<double>(total_);
  }

 private:
  static constexpr size_t kMostValues = 65536;
  static constexpr size_t kFewValues = 32;
  std::vector<float> first_;
  std::map<float, size_t> counts_;
  size_t total_ = 0;
  double sum_ = 0, squares_ = 0;
  bool varies_ = false;
  bool many_values_ = false;
};

class Comparer {
 public:
  Comparer(const RunnableModel& reference, const RunnableModel& candidate, const SampleReader& read,
           const CompareOptions& options)
      : reference_(reference),
        candidate_(candidate),
        read_(read),
        options_(options),
        inputs_(PairPorts(reference.inputs, candidate.inputs, "input")),
        outputs_(PairPorts(reference.outputs, candidate.outputs, "output")),
        reference_watch_(outputs_.size()),
        candidate_watch_(outputs_.size()) {
    if (outputs_.empty()) Fail(ErrorKind::kUsage, "the models have no outputs to compare");
    for (const Port& port : reference.outputs) result_.outputs.push_back({port.name, {}});
    if (options.layers_every != 0) {
      layers_ = PairLayers(reference.compiled.graph(), candidate.compiled.graph());
    }
    for (const LayerPair& pair : layers_) {
      layer_of_reference_[pair.reference] = result_.layers.size();
      layer_of_candidate_[pair.candidate] = result_.layers.size();
      result_.layers.push_back({pair.node->name,
                                std::string(pair.node->kind()),
                                reference.compiled.graph().tensor(pair.reference).name,
                                {}});
    }
    if (options.labels != nullptr) result_.reference = result_.candidate = Accuracy{};
  }

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
    if (!layers_.empty() && i % options_.layers_every == 0) {
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

  void Fold(size_t i, const SampleResult& sample) {
    ++result_.samples;
    for (size_t k = 0; k < outputs_.size(); ++k) {
      result_.outputs[k].errors.Add(sample.reference[k], sample.candidate[k]);
      reference_watch_[k].Add(sample.reference[k]);
      candidate_watch_[k].Add(sample.candidate[k]);
    }
    for (size_t k = 0; k < layers_.size(); ++k) result_.layers[k].errors.Merge(sample.layers[k]);
    result_.agreement += Top1(sample.reference[0]) == Top1(sample.candidate[0]);
    if (options_.labels != nullptr) FoldLabel(static_cast<size_t>(options_.labels->at(i)), sample);
  }

  Comparison Finish() {
    for (size_t k = 0; k < outputs_.size(); ++k) {
      const VariationWatch &was = reference_watch_[k], &is = candidate_watch_[k];
      result_.outputs[k].constant = was.varies() && !is.varies();
      // A sharp classifier of many classes also has one value nearly everywhere, but the few others
      // carry its signal.
      const bool carries_signal = 2 * result_.outputs[k].errors.noise() < was.spread();
      result_.outputs[k].saturated = !was.one_value() && is.one_value() && !carries_signal;
    }
    return std::move(result_);
  }

 private:
  /// Compares every layer; few layers' values wait for their partners.
  void RunSideBySide(Session& reference, Session& candidate, std::vector<ErrorSums>& layers) const {
    reference.Start();
    candidate.Start();
    Waiting waiting;
    while (const Node* node = candidate.Advance()) {
      for (TensorId id : node->outputs()) {
        const auto found = layer_of_candidate_.find(id);
        if (found == layer_of_candidate_.end()) continue;
        AdvanceReference(reference, found->second, waiting);
        const auto values = RealValues(candidate_.compiled.graph().tensor(id), candidate.Bytes(id));
        layers[found->second].Add(waiting.at(found->second), values);
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

  void FoldLabel(size_t label, const SampleResult& sample) {
    result_.reference->top1 += Top1(sample.reference[0]) == label;
    result_.candidate->top1 += Top1(sample.candidate[0]) == label;
    result_.reference->top5 += InTop5(sample.reference[0], label);
    result_.candidate->top5 += InTop5(sample.candidate[0], label);
  }

  const RunnableModel& reference_;
  const RunnableModel& candidate_;
  const SampleReader& read_;
  const CompareOptions& options_;
  std::vector<size_t> inputs_, outputs_;  // of the candidate, by the reference's index
  std::vector<LayerPair> layers_;
  std::map<TensorId, size_t> layer_of_reference_, layer_of_candidate_;
  std::vector<VariationWatch> reference_watch_, candidate_watch_;
  Comparison result_;
};

}  // namespace

bool Comparison::degenerate() const {
  return std::any_of(outputs.begin(), outputs.end(), [](const OutputComparison& output) {
    return output.constant || output.saturated;
  });
}

Comparison Compare(const RunnableModel& reference, const RunnableModel& candidate, size_t samples,
                   const SampleReader& read, const CompareOptions& options, ThreadPool& threads,
                   Progress& progress) {
  Comparer comparer(reference, candidate, read, options);
  const auto workers = static_cast<size_t>(threads.threads());
  struct Sessions {
    Session reference, candidate;
  };
  std::vector<std::unique_ptr<Sessions>> sessions(workers);
  const size_t chunk_samples = 16 * workers;
  for (size_t first = 0; first < samples; first += chunk_samples) {
    std::vector<SampleResult> results(std::min(chunk_samples, samples - first));
    threads.Run(static_cast<int>(results.size()), [&](int index, int worker) {
      ThrowIfInterrupted();
      auto& mine = sessions[static_cast<size_t>(worker)];
      if (!mine) {
        mine.reset(new Sessions{Session(reference.compiled), Session(candidate.compiled)});
      }
      const auto at = static_cast<size_t>(index);
      results[at] = comparer.RunSample(first + at, mine->reference, mine->candidate);
      progress.Advance();
    });
    for (size_t k = 0; k < results.size(); ++k) comparer.Fold(first + k, results[k]);
  }
  return comparer.Finish();
}

}  // namespace qconvert
