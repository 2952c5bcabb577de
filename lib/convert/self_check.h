// The conversion's judgement of its own file: how near it is to the float network, what falls short
// and what to do about it. Comes after the file is encoded and before it is written.
#pragma once

#include <optional>
#include <vector>

#include "lib/convert/find_cure.h"
#include "lib/evaluation/gate.h"
#include "lib/evaluation/shortfalls.h"

namespace qconvert {

/// What the check of a file found.
struct SelfCheck {
  Comparison comparison;
  std::vector<Shortfall> shortfalls;
  std::vector<GateVerdict> gates;      ///< of the limits that the user sets
  std::optional<Diagnosis> diagnosis;  ///< nothing when no cure was looked for
};

/// Compares a file with what the float network computed, and looks for a cure where it falls short
/// and options.effort is above 0.
///   given     the user's options; `options` are these as Validated returns them
///   observed  with a trace
///   file      as the file's reader returns it; used up
///   network   is loaded again only for the search
SelfCheck CheckConversion(const ConvertOptions& given, const ConvertOptions& options,
                          const CalibrationSamples& samples, const NetworkObservation& observed,
                          Graph file, FloatNetwork& network, ThreadPool& threads);

}  // namespace qconvert
