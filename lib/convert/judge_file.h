// The conversion's judgement of its own file: what falls short and what to do about it. Comes after
// the file is made and compared with the float network, and before it is written.
#pragma once

#include <optional>
#include <vector>

#include "lib/convert/find_cure.h"
#include "lib/evaluation/gate.h"
#include "lib/evaluation/shortfalls.h"

namespace qconvert {

/// What is to be said of a file.
struct Judgement {
  std::vector<Shortfall> shortfalls;
  std::vector<GateResult> gates;       ///< of the limits that the user sets
  std::optional<Diagnosis> diagnosis;  ///< nothing when no cure was looked for
};

/// Judges a file by its comparison with the float network, and looks for a cure where it falls
/// short and options.effort is above 0.
///   network  is loaded again only for the search
Judgement JudgeFile(const CheckedConversion& conversion, FloatNetwork& network,
                    ThreadPool& threads);

}  // namespace qconvert
