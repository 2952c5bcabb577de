// What conversions and comparisons both say of a network: its nodes, layers and outputs beside the
// float network's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#pragma GCC visibility push(default)

namespace qconvert {

/// How often both networks have which values, in the same bins of equal width. Some bins lie on
/// each side of the range, and the outermost hold everything beyond.
struct HistogramSummary {
  double min = 0, max = 0;      ///< of the range, real units
  double first = 0, width = 0;  ///< where the first bin begins, and of each
  std::vector<uint64_t> reference, candidate;
};

/// How far the result of a node is from the float network's, with all that comes before it.
struct LayerSummary {
  std::string node, kind;
  double sqnr_db = 0;
  // Of its integers; unset: it is float.
  std::optional<double> scale = {};
  std::optional<int> zero_point = {};
  /// Part of the values that stand at an end of the range, although the float network's are more
  /// than a step away from it.
  std::optional<double> share_at_ends = {};
  std::optional<double> share_used = {};  ///< of the range, from the lowest to the highest value
  /// Noise that it adds to what it reads, as a part of its signal; below 0: it has less than what
  /// it reads. Unset: in qconvert's check, which restores layers instead.
  std::optional<double> added_noise = {};
  std::string tensor = {};  ///< the node's result, as TFLite and a profile name it
  // Of qeval's doctor; unset: it was not asked, or did not try the layer.
  std::optional<double> alone_db = {};  ///< of the worst output, with this layer alone quantized
  std::optional<double> gain_db = {};   ///< of the worst output, with this layer alone in float
  std::optional<HistogramSummary> activations = {};  ///< of its result; unset: it is float
  /// Range: that of the reference's. Unset: there are none, or only the file was at hand.
  std::optional<HistogramSummary> weights = {};
};

/// In what a node of a file computes.
enum class Arithmetic { kFloat, kDynamic, kInt8, kInt16 };

/// Returns "float", "dynamic", "int8" or "int16".
std::string ToText(Arithmetic arithmetic);

/// A node of a file.
struct GraphNodeSummary {
  std::string node, kind, shape;  ///< shape of the first result
  Arithmetic arithmetic = Arithmetic::kFloat;
  std::vector<size_t> reads;  ///< nodes before it, by their places in the list
};

struct OutputSummary {
  std::string name;
  double sqnr_db = 0;
  double largest_error = 0;
  bool constant = false, saturated = false;
  std::optional<double> correlation = {};  ///< unset: the float network's output does not vary
  /// Part of the values that stand at an end of the output's quantized range, although the float
  /// network's are more than a step away from it; unset: the output is not quantized.
  std::optional<double> share_at_ends = {};
  /// Of whole numbers, such as classes: the part of the values that is the same. SQNR and
  /// correlation say nothing of them. Unset: the output is of reals.
  std::optional<double> same_percent = {};
};

struct AccuracySummary {
  double top1_percent = 0, top5_percent = 0;
};

/// How near a file is to the float network.
struct NearnessSummary {
  size_t samples = 0;
  double sqnr_db = 0;               ///< of the worst output of reals
  std::optional<size_t> agreement;  ///< samples with the same top-1, where there is one
};

/// The node whose quantization does the most damage, and what it gains to keep it alone in float.
struct DamageSummary {
  std::string node, kind;
  double gain_db = 0;  ///< of the outputs that fall short, on average
  NearnessSummary restored;
};

/// A flag that was tried on the samples of the check because the file fell short.
struct CureSummary {
  std::string flag;        ///< as it is pasted into a shell
  std::string instead_of;  ///< the flag of the user's that it replaces; empty: none
  NearnessSummary nearness;
  bool cures = false;  ///< nothing falls short with it
};

}  // namespace qconvert

#pragma GCC visibility pop
