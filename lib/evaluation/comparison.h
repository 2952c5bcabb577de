// How far two networks are apart on the same samples, folded sample by sample. compare.h and
// trace.h run the networks; gates and reports read the result.
#pragma once

#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/evaluation/label_map.h"
#include "lib/evaluation/output_range.h"
#include "lib/evaluation/paired_histogram.h"
#include "lib/math/correlation.h"
#include "lib/math/sqnr.h"
#include "lib/runner/port.h"

namespace qconvert {

/// One output over all samples.
struct OutputComparison {
  std::string name;
  ErrorSums errors;
  Correlation correlation;    ///< of all values, over all samples
  bool constant = false;      ///< the candidate answers every sample alike, the reference does not
  bool same_for_all = false;  ///< the reference answers every sample alike
  bool saturated = false;     ///< nearly all of the candidate's values are one, the signal is gone
  /// The candidate's integers; nothing when it computes the output in float.
  std::optional<OutputRange> range = std::nullopt;
  size_t at_ends = 0;  ///< values that stand at an end of `range` and do not belong there
  /// Values that are the same; nothing when they are reals.
  std::optional<size_t> same_values = std::nullopt;
  // The same sums of each sample by itself, which say how much the figures depend on the samples.
  std::vector<ErrorSums> sample_errors = {};
  std::vector<Correlation> sample_correlations = {};

  /// Adds what both networks computed on one sample.
  void Add(const std::vector<float>& reference, const std::vector<float>& candidate);

  /// Returns the share of values of whole numbers that are the same.
  double share_same() const;
  /// Returns the SQNR in dB; of whole numbers, the share of wrong ones stands for the noise.
  double nearness_db() const;
  /// Returns the share of the values that are at_ends; nothing without a range.
  std::optional<double> share_at_ends() const;
};

/// How far one tensor inside is from the reference's, and how it uses its range.
struct LayerFigures {
  ErrorSums errors;
  float min = std::numeric_limits<float>::infinity();   ///< of the candidate's values
  float max = -std::numeric_limits<float>::infinity();  ///< of the candidate's values
  size_t at_ends = 0;              ///< values at an end of the range that do not belong there
  PairedHistogram histogram = {};  ///< of the values, where there is a range

  void Merge(const LayerFigures& other);
};

/// One tensor inside, under the name of the reference's node that computes it.
struct LayerComparison {
  std::string node;
  std::string kind;
  std::string tensor;
  LayerFigures figures;
  std::optional<OutputRange> range;  ///< of the candidate's integers; nothing when it is float

  const ErrorSums& errors() const { return figures.errors; }
  /// Returns the share of the values that is stuck at an end of the range; nothing without one.
  std::optional<double> share_at_ends() const;
  /// Returns which part of the range the candidate's values reach over; nothing without one.
  std::optional<double> share_used() const;
};

/// How many samples a network classified right.
struct Accuracy {
  size_t top1 = 0;
  size_t top5 = 0;
  size_t top1_below = 0;  ///< samples whose label minus 1 is the top-1
  size_t top1_above = 0;  ///< samples whose label plus 1 is the top-1
};

/// A sample whose top-1 differs.
struct ChangedAnswer {
  size_t sample = 0, reference = 0, candidate = 0;  ///< its place; classes
};

/// Samples on which only one of two networks is right.
struct ChangedAnswers {
  size_t lost = 0;    ///< by the candidate
  size_t gained = 0;  ///< by the candidate
};

struct Comparison {
  size_t samples = 0;
  size_t classes = 0;  ///< scores of the first output; 0: it is no vector of scores
  /// Samples on which both have the same top-1: the largest score of the first output, or its only
  /// value when that is a whole number. Else nothing.
  std::optional<size_t> agreement;
  std::set<size_t>
      answers;  ///< top-1s of the reference, where the first output is a vector of scores
  std::vector<ChangedAnswer> changed;            ///< where the first output is a vector of scores
  std::optional<Accuracy> reference, candidate;  ///< when there are labels
  ChangedAnswers top1_changes, top5_changes;     ///< when there are labels
  /// By sample: how the label maps of the first output overlap; empty when that was not asked for.
  std::vector<std::vector<ClassOverlap>> label_maps;
  std::vector<OutputComparison> outputs;
  std::vector<LayerComparison> layers;  ///< in the order of the reference's nodes

  bool degenerate() const;
  /// Returns the lowest SQNR in dB of the outputs that are reals; infinity when none is.
  double worst_sqnr_db() const;
  /// Returns the lowest nearness of all outputs, in dB.
  double worst_nearness_db() const;
};

/// Returns whether outputs are detections: one of them holds a box for each value of another, so
/// the latter are scores of boxes and not of classes.
bool AreDetections(const std::vector<Port>& outputs);

/// Returns whether a tensor holds whole numbers, such as the class that an ArgMax finds or a
/// condition. They are right or wrong: there is no ratio of signal to noise.
bool HoldsWholeNumbers(const Tensor& tensor);

/// Returns how many scores an output of one sample holds when it is a vector: exactly one axis is
/// longer than 1, and its top-1 is an answer. Else returns 0: a single value, a map, a list of
/// boxes has no top-1.
size_t ClassesOf(const Shape& output);

/// Returns a part of a whole in percent.
double Percent(size_t part, size_t whole);

/// A pair of tensors inside the two networks that have the same name.
struct LayerPair {
  const Node* node;  ///< of the reference
  TensorId reference;
  TensorId candidate;
  /// Values below it are compared as if they were it. Of scores, which a softmax takes for masked
  /// there, and of the operands of gates, it is the lowest that the candidate holds; else -inf.
  float floor;
  std::optional<OutputRange> range;  ///< of the candidate's integers
};

/// Returns the tensors that nodes of both networks compute, in the order of the reference's nodes.
std::vector<LayerPair> PairLayers(const Graph& reference, const Graph& candidate);

/// Adds what one layer gave on one sample.
void AddLayer(const LayerPair& pair, std::vector<float> reference, std::vector<float> candidate,
              LayerFigures& figures);

/// What one sample gave.
struct SampleResult {
  std::vector<std::vector<float>> reference, candidate;  ///< by the reference's outputs
  std::vector<LayerFigures> layers;                      ///< by pair of layers
};

/// Watches whether an output varies at all, and how much.
class VariationWatch {
 public:
  void Add(const std::vector<float>& values);
  bool varies() const { return varies_; }
  /// Returns the sum of squared distances from the mean: the noise of the best constant answer.
  double spread() const { return squares_ - sum_ * sum_ / static_cast<double>(total_); }
  /// Returns whether nearly all values are one.
  bool one_value() const;

 private:
  void Count(const std::vector<float>& values);

  std::vector<float> first_;
  std::map<float, size_t> counts_;
  size_t total_ = 0;
  double sum_ = 0, squares_ = 0;
  bool varies_ = false;
  bool many_values_ = false;
};

/// Folds what samples gave, in their order, into a comparison.
class ComparisonRecorder {
 public:
  /// Throws Error(kUsage) when there are no outputs.
  ///   outputs  of the reference
  ///   ranges   of the candidate's outputs, in the order of the reference's
  ///   label_maps  whether the first output is one, whose labels are to be counted
  ComparisonRecorder(const Graph& reference, const std::vector<Port>& outputs,
                     const std::vector<std::optional<OutputRange>>& ranges,
                     const std::vector<LayerPair>& layers, bool label_maps = false);

  /// Folds in a sample; `label` is its true class, if that is known.
  void Add(const SampleResult& sample, std::optional<int> label = {});

  Comparison Finish();

 private:
  void AddOutputs(const SampleResult& sample);
  void AddAnswers(const SampleResult& sample, std::optional<int> label);

  const std::optional<Shape> label_map_;  // of the first output
  std::vector<VariationWatch> reference_watch_, candidate_watch_;
  Comparison result_;
};

}  // namespace qconvert
