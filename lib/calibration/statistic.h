// A statistic: what is known of one tensor, or of one layer's input, over a run of samples.
// calibrate.h observes statistics sample by sample, evidence.h collects them, range methods and the
// quantizer read them.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/byte_stream.h"
#include "lib/base/check.h"
#include "lib/graph/graph.h"
#include "lib/math/affine.h"

namespace qconvert {

/// Samples first, first + 1, ... last - 1, counted over the whole set whatever its parts are.
struct SampleRun {
  size_t first = 0;
  size_t last = 0;

  size_t count() const { return last - first; }
  friend bool operator==(const SampleRun&, const SampleRun&) = default;
};

/// What a statistic is about. Names outlive a reload of the model and rewrites of its graph.
struct Subject {
  std::string name;             ///< of the tensor, or of the layer
  TensorId tensor = kNoTensor;  ///< whose values are observed
  const Node* layer = nullptr;  ///< node with weights that reads the tensor; null: any reader
};

/// What a tensor holds on one sample.
struct TensorSample {
  size_t sample = 0;
  std::span<const float> values;  ///< row-major, of the tensor's shape; all finite
  Range range;                    ///< of the values
};

/// What is known of one subject over a run of samples, as a value: it can be folded, merged and
/// stored.
class Statistic {
 public:
  virtual ~Statistic() = default;

  /// Adds what is known of the samples right behind. To fold a sample and to merge a part are the
  /// same: the bits of the result depend on the samples alone, not on how they were cut.
  ///   next  of the same kind and subject
  ///   Throws Error(kUnusable) when it cannot be of the same subject.
  virtual void Append(Statistic&& next) = 0;

  /// Writes it for StatisticKind::read.
  virtual void Write(ByteWriter& writer) const = 0;
};

/// One kind of statistic: the row that a method refers to when it says what it needs.
struct StatisticKind {
  std::string_view name;  ///< in files
  /// Returns what of a float graph is observed.
  std::vector<Subject> (*subjects)(const Graph& graph);
  /// Returns what one sample tells of a subject; any thread may call it. Null where it takes more
  /// than one network.
  std::unique_ptr<Statistic> (*observe)(const Graph& graph, const Subject& subject,
                                        const TensorSample& seen);
  /// Reads what Write has written of a run of samples.
  ///   Throws Error(kUnusable) when it is damaged.
  std::unique_ptr<Statistic> (*read)(ByteReader& reader, const SampleRun& samples);
};

/// Returns a statistic as what it is.
template <typename S>
S& As(Statistic& statistic) {
  S* found = dynamic_cast<S*>(&statistic);
  Check(found != nullptr, "a statistic of another kind");
  return *found;
}
template <typename S>
const S& As(const Statistic& statistic) {
  return As<S>(const_cast<Statistic&>(statistic));
}

/// Returns the float tensors that a graph computes or is given.
std::vector<Subject> FloatTensors(const Graph& graph);
/// Returns the float tensors that weights multiply.
std::vector<Subject> WeightedTensors(const Graph& graph);
/// Returns the float inputs of the graph.
std::vector<Subject> FloatInputs(const Graph& graph);

}  // namespace qconvert
