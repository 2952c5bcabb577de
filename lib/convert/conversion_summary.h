// What the stages of a conversion learned -> what the user is told.
#pragma once

#include <optional>

#include "lib/convert/judge_file.h"
#include "lib/convert/make_file.h"
#include "lib/convert/observe_network.h"
#include "lib/convert/search_precision.h"
#include "lib/passes/split_outputs.h"
#include "lib/qconvert.h"

namespace qconvert {

/// What a conversion did, stage by stage.
struct ConversionStages {
  std::map<std::string, std::string> layouts;  ///< by input or output name
  std::vector<JoinedOutput> split_outputs;
  size_t model_bytes = 0;
  std::optional<TreatmentSummary> treatment;  ///< nothing below --effort 2
  std::optional<FoundPrecision> search;       ///< nothing without --search
  std::vector<std::string> differences;       ///< from the search that wrote the recipe
  std::string equalization;                   ///< in words; empty: none was asked for
  NetworkObservation observed;
  MadeFile made;
  std::optional<Judgement> judgement;  ///< nothing when the file was not compared
};

/// Returns the summary of a conversion to `output`, but for the time that it took.
ConvertSummary SummarizeConversion(const ConvertOptions& options, const std::string& output,
                                   const ConversionStages& stages);

/// Requires that every gate of a summary passed.
///   Throws Error(kGateFailed), naming the figure, its limit, the layer and the next step; else
///   Error(kUndecided), naming the number of samples, unless that is allowed.
void RequirePassedGates(const ConvertSummary& summary, bool allow_undecided);

}  // namespace qconvert
