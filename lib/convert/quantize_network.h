// Float network and what it showed -> the quantized graph that is written.
#pragma once

#include <string>

#include "lib/convert/observe_network.h"
#include "lib/quantization/codebook.h"
#include "lib/quantization/plan_report.h"
#include "lib/search/score.h"

namespace qconvert {

/// How biases were corrected.
struct CorrectedBiases {
  size_t samples = 0;    ///< on which results were compared
  size_t compared = 0;   ///< layers
  size_t corrected = 0;  ///< layers
};

/// Returns it in words.
std::string ToText(const CorrectedBiases& biases);

/// A quantized network, and what became of its nodes.
struct QuantizedNetwork {
  Graph graph;
  QuantizationReport report;
  std::string rounding = {};  ///< how weights were rounded, in words; empty: to the nearest
  std::optional<ReconstructionSummary> reconstruction = {};  ///< nothing unless asked for
  std::optional<CodebookSizes> codebooks = {};               ///< nothing where none were asked for
  std::optional<CorrectedBiases> biases = {};                ///< nothing when they are as they were
  std::string why_not_corrected = {};                        ///< when they were to be, and are not
};

/// Returns what a conversion makes, in words: "8-bit symmetric weights per channel, int8
/// activations".
std::string ModeText(const ConvertOptions& options, const QuantizationReport& report);

/// Returns the precision that is asked of every node of `network`, whose tensors `observed` knows
/// by id and by name.
PrecisionPlan PrecisionPlanOf(const Graph& network, const NetworkObservation& observed,
                              const ConvertOptions& options);

/// Returns how the conversion makes a file of a precision plan. All but the options must outlive
/// it.
Recipe RecipeOf(const Graph& network, const NetworkObservation& observed,
                const CalibrationSamples& samples, const ConvertOptions& options,
                ThreadPool& threads);

/// Plans and builds the quantized network. Its metadata says how it was made.
///   Throws Error as Plan and Build do.
QuantizedNetwork QuantizeNetwork(const Graph& network, const NetworkObservation& observed,
                                 const CalibrationSamples& samples, const ConvertOptions& options,
                                 ThreadPool& threads);

}  // namespace qconvert
