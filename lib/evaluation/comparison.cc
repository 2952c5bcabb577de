#include "lib/evaluation/comparison.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <span>
#include <utility>

#include "lib/base/error.h"
#include "lib/ops/op.h"
#include "lib/passes/gates.h"
#include "lib/passes/rewrite.h"
#include "lib/passes/scores.h"

namespace qconvert {
namespace {

constexpr size_t kMostValues = 65536;
constexpr size_t kFewValues = 32;

size_t Top1(std::span<const float> scores) {
  return static_cast<size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

size_t CountSame(const std::vector<float>& a, const std::vector<float>& b) {
  size_t same = 0;
  for (size_t i = 0; i < a.size(); ++i) same += a[i] == b[i];
  return same;
}

/// Of equal scores the first comes first, as in Top1: int8 gives many classes the same lowest one.
bool InTop5(std::span<const float> scores, size_t label) {
  if (label >= scores.size()) return false;
  const auto better = std::count_if(scores.begin(), scores.end(),
                                    [&](float score) { return score > scores[label]; });
  const auto before = scores.first(label);
  return better + std::count(before.begin(), before.end(), scores[label]) < 5;
}

/// Whether a sample was classified right.
struct Answer {
  bool top1, top5;
};

Answer Count(std::span<const float> scores, int label, Accuracy& accuracy) {
  const auto top1 = static_cast<int64_t>(Top1(scores));
  const Answer answer{top1 == label, InTop5(scores, static_cast<size_t>(label))};
  accuracy.top1 += answer.top1;
  accuracy.top1_below += top1 == int64_t{label} - 1;
  accuracy.top1_above += top1 == int64_t{label} + 1;
  accuracy.top5 += answer.top5;
  return answer;
}

void Count(bool reference, bool candidate, ChangedAnswers& changes) {
  changes.lost += reference && !candidate;
  changes.gained += candidate && !reference;
}

bool HoldsBoxesOf(const Shape& output, int64_t scores) {
  Shape longer;
  std::copy_if(output.begin(), output.end(), std::back_inserter(longer),
               [](int64_t dim) { return dim > 1; });
  return longer == Shape{scores, 4} || longer == Shape{4, scores};
}

}  // namespace

bool AreDetections(const std::vector<Port>& outputs) {
  return std::any_of(outputs.begin(), outputs.end(), [&](const Port& scores) {
    const auto count = static_cast<int64_t>(ClassesOf(scores.shape));
    return count > 0 && std::any_of(outputs.begin(), outputs.end(), [&](const Port& boxes) {
             return HoldsBoxesOf(boxes.shape, count);
           });
  });
}

bool HoldsWholeNumbers(const Tensor& tensor) {
  const bool real = tensor.is_float() || tensor.type == ElementType::kFloat16 ||
                    tensor.type == ElementType::kFloat64;
  return !real && !tensor.quant;
}

size_t ClassesOf(const Shape& output) {
  const auto longer = std::count_if(output.begin(), output.end(), [](auto dim) { return dim > 1; });
  return longer == 1 ? static_cast<size_t>(NumElements(output)) : 0;
}

double Percent(size_t part, size_t whole) {
  return 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

std::vector<LayerPair> PairLayers(const Graph& reference, const Graph& candidate) {
  std::vector<bool> floored = FindScores(reference);
  for (const Gate& gate : FindGates(reference)) floored[static_cast<size_t>(gate.operand)] = true;
  std::vector<LayerPair> pairs;
  for (const Node& node : reference.nodes()) {
    if (OpOf(node).shares_bytes) continue;  // its operand is compared
    for (TensorId id : node.outputs()) {
      const TensorId partner = candidate.FindTensor(reference.tensor(id).name);
      if (partner == kNoTensor || candidate.Producer(partner) == nullptr) continue;
      if (OpOf(*candidate.Producer(partner)).shares_bytes) continue;
      if (candidate.tensor(partner).shape != reference.tensor(id).shape) continue;
      const float floor = floored[static_cast<size_t>(id)]
                              ? std::max(-kMask, LowestReal(candidate.tensor(partner)))
                              : -std::numeric_limits<float>::infinity();
      pairs.push_back({&node, id, partner, floor, RangeOfOutput(candidate, partner)});
    }
  }
  return pairs;
}

void LayerFigures::Merge(const LayerFigures& other) {
  errors.Merge(other.errors);
  min = std::min(min, other.min);
  max = std::max(max, other.max);
  at_ends += other.at_ends;
  histogram.Merge(other.histogram);
}

std::optional<double> LayerComparison::share_at_ends() const {
  if (!range || errors().count() == 0) return std::nullopt;
  return static_cast<double>(figures.at_ends) / static_cast<double>(errors().count());
}

std::optional<double> LayerComparison::share_used() const {
  if (!range || errors().count() == 0) return std::nullopt;
  return std::clamp(double{figures.max - figures.min} / double{range->max - range->min}, 0.0, 1.0);
}

void AddLayer(const LayerPair& pair, std::vector<float> reference, std::vector<float> candidate,
              LayerFigures& figures) {
  const auto [min, max] = std::minmax_element(candidate.begin(), candidate.end());
  if (!candidate.empty()) {
    figures.min = std::min(figures.min, *min);
    figures.max = std::max(figures.max, *max);
  }
  for (float& value : reference) value = std::max(value, pair.floor);
  for (float& value : candidate) value = std::max(value, pair.floor);
  figures.errors.Add(reference, candidate);
  if (!pair.range) return;
  figures.at_ends += CountAtEnds(reference, candidate, *pair.range);
  figures.histogram.Add(reference, candidate, pair.range->min, pair.range->max);
}

void VariationWatch::Add(const std::vector<float>& values) {
  if (first_.empty()) first_ = values;
  varies_ = varies_ || values != first_;
  for (float value : values) {
    sum_ += double{value};
    squares_ += double{value} * double{value};
  }
  total_ += values.size();
  Count(values);
}

void VariationWatch::Count(const std::vector<float>& values) {
  for (size_t i = 0; i < values.size() && !many_values_; ++i) {
    ++counts_[values[i]];
    many_values_ = counts_.size() > kMostValues;
  }
  if (many_values_) counts_.clear();
}

bool VariationWatch::one_value() const {
  if (many_values_ || total_ < kFewValues) return false;
  const auto most = std::max_element(counts_.begin(), counts_.end(),
                                     [](auto& a, auto& b) { return a.second < b.second; });
  return static_cast<double>(most->second) > 0.999 * static_cast<double>(total_);
}

void OutputComparison::Add(const std::vector<float>& reference,
                           const std::vector<float>& candidate) {
  sample_errors.emplace_back().Add(reference, candidate);
  sample_correlations.emplace_back().Add(reference, candidate);
  errors.Merge(sample_errors.back());
  correlation.Add(reference, candidate);
  if (range) at_ends += CountAtEnds(reference, candidate, *range);
  if (same_values) *same_values += CountSame(reference, candidate);
}

double OutputComparison::share_same() const {
  return static_cast<double>(same_values.value()) / static_cast<double>(errors.count());
}

double OutputComparison::nearness_db() const {
  return same_values ? -10 * std::log10(1 - share_same()) : errors.sqnr_db();
}

std::optional<double> OutputComparison::share_at_ends() const {
  if (!range) return std::nullopt;
  return static_cast<double>(at_ends) / static_cast<double>(errors.count());
}

ComparisonRecorder::ComparisonRecorder(const Graph& reference, const std::vector<Port>& outputs,
                                       const std::vector<std::optional<OutputRange>>& ranges,
                                       const std::vector<LayerPair>& layers, bool label_maps)
    : label_map_(label_maps ? std::optional(outputs.at(0).shape) : std::nullopt),
      reference_watch_(outputs.size()),
      candidate_watch_(outputs.size()) {
  if (outputs.empty()) Fail(ErrorKind::kUsage, "the models have no outputs to compare");
  for (size_t k = 0; k < outputs.size(); ++k) {
    result_.outputs.emplace_back().name = outputs[k].name;
    result_.outputs.back().range = ranges.at(k);
    if (HoldsWholeNumbers(reference.tensor(outputs[k].id))) result_.outputs.back().same_values = 0;
  }
  const bool whole_numbers = result_.outputs[0].same_values.has_value();
  const bool scores = !whole_numbers && !AreDetections(outputs);
  result_.classes = scores ? ClassesOf(outputs[0].shape) : 0;
  const bool one_answer = whole_numbers && NumElements(outputs[0].shape) == 1;
  if (result_.classes > 0 || one_answer) result_.agreement = 0;
  for (const LayerPair& pair : layers) {
    result_.layers.push_back({pair.node->name,
                              std::string(pair.node->kind()),
                              reference.tensor(pair.reference).name,
                              {},
                              pair.range});
  }
}

void ComparisonRecorder::Add(const SampleResult& sample, std::optional<int> label) {
  ++result_.samples;
  AddOutputs(sample);
  for (size_t k = 0; k < result_.layers.size(); ++k) {
    result_.layers[k].figures.Merge(sample.layers[k]);
  }
  AddAnswers(sample, label);
}

void ComparisonRecorder::AddOutputs(const SampleResult& sample) {
  for (size_t k = 0; k < result_.outputs.size(); ++k) {
    result_.outputs[k].Add(sample.reference[k], sample.candidate[k]);
    reference_watch_[k].Add(sample.reference[k]);
    candidate_watch_[k].Add(sample.candidate[k]);
  }
  if (!label_map_) return;
  const auto labels = [&](const std::vector<float>& values) {
    return LabelsOf(*label_map_, result_.outputs[0].same_values.has_value(), values);
  };
  result_.label_maps.push_back(
      OverlapsOf(labels(sample.reference[0]), labels(sample.candidate[0])));
}

void ComparisonRecorder::AddAnswers(const SampleResult& sample, std::optional<int> label) {
  if (!result_.agreement) return;
  if (result_.classes > 0) {
    const size_t was = Top1(sample.reference[0]), is = Top1(sample.candidate[0]);
    *result_.agreement += was == is;
    result_.answers.insert(was);
    if (was != is) result_.changed.push_back({result_.samples - 1, was, is});
  } else {
    *result_.agreement += sample.reference[0] == sample.candidate[0];
  }
  if (!label || result_.classes == 0) return;
  if (!result_.reference) result_.reference = result_.candidate = Accuracy{};
  const Answer before = Count(sample.reference[0], *label, *result_.reference);
  const Answer after = Count(sample.candidate[0], *label, *result_.candidate);
  Count(before.top1, after.top1, result_.top1_changes);
  Count(before.top5, after.top5, result_.top5_changes);
}

Comparison ComparisonRecorder::Finish() {
  for (size_t k = 0; k < result_.outputs.size(); ++k) {
    const VariationWatch &was = reference_watch_[k], &is = candidate_watch_[k];
    result_.outputs[k].constant = was.varies() && !is.varies();
    result_.outputs[k].same_for_all = !was.varies();
    // A sharp classifier of many classes also has one value nearly everywhere, but the few others
    // carry its signal.
    const bool carries_signal = 2 * result_.outputs[k].errors.noise() < was.spread();
    result_.outputs[k].saturated = !was.one_value() && is.one_value() && !carries_signal;
  }
  return std::move(result_);
}

double Comparison::worst_sqnr_db() const {
  double worst = std::numeric_limits<double>::infinity();
  for (const OutputComparison& output : outputs) {
    if (!output.same_values) worst = std::min(worst, output.errors.sqnr_db());
  }
  return worst;
}

double Comparison::worst_nearness_db() const {
  double worst = std::numeric_limits<double>::infinity();
  for (const OutputComparison& output : outputs) worst = std::min(worst, output.nearness_db());
  return worst;
}

bool Comparison::degenerate() const {
  return std::any_of(outputs.begin(), outputs.end(), [](const OutputComparison& output) {
    return output.constant || output.saturated;
  });
}

}  // namespace qconvert
