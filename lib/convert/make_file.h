// The float network and what it showed -> a finished file, compared with the network. Comes before
// the judgement of the file; a search for a cure makes its trials so, too.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/shared_bytes.h"
#include "lib/convert/quantize_network.h"
#include "lib/evaluation/demands.h"
#include "lib/passes/pipeline.h"
#include "lib/quantization/accumulator.h"

namespace qconvert {

/// A file, and how it was made.
struct MadeFile {
  SharedBytes bytes;
  Demands demands;
  int accumulator_bits = kMostAccumulatorBits;  ///< that hold every sum
  std::vector<AccumulatorSummary> accumulators;
  std::vector<GraphNodeSummary> graph;
  std::optional<TargetSummary> target;  ///< nothing where none was named
  std::string batch;                    ///< as ConvertSummary has it
  QuantizationReport report;
  std::string rounding;  ///< in words; empty: to the nearest
  std::optional<ReconstructionSummary> reconstruction;
  std::optional<CodebookSizes> codebooks;
  std::optional<CorrectedBiases> biases;
  std::string why_not_corrected;
  std::optional<Comparison> comparison;  ///< nothing where nothing was traced
};

/// Makes the file that options ask for and compares it. Where it is far from the network (below
/// 25 dB at an output), the file that the range method's alternative gives is made too, and the
/// nearer one is kept; `observed.calibration` becomes that of the file that is returned. Where
/// blocks are reconstructed, which takes longer than all else, files without that choose.
///   network  is loaded for the work and released behind it
///   options  as Validated returns them
///   dump     of the export passes
///   Throws Error(kUnsupported) where products of two activations may not fit the accumulator, and
///   as Plan, Build, EncodeFile and CompareWithTrace do.
MadeFile MakeFile(FloatNetwork& network, NetworkObservation& observed,
                  const CalibrationSamples& samples, const ConvertOptions& options,
                  ThreadPool& threads, const DumpOptions& dump = {});

}  // namespace qconvert
