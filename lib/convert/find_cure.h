// What a user may do about a file whose check falls short: other options and nodes in float are
// tried, each on the samples of the check, and the best becomes a flag. convert.cc asks it between
// the check and the summary.
#pragma once

#include <optional>
#include <string>

#include "lib/convert/observe_network.h"
#include "lib/search/isolated_damage.h"

namespace qconvert {

/// A flag that was tried, and what it gives.
struct Cure {
  std::string flag;        ///< as it is pasted into a shell
  std::string instead_of;  ///< the flag that it replaces; empty: none
  Comparison comparison;
  bool cures = false;  ///< nothing falls short with it
};

/// What a search for a cure found.
struct Diagnosis {
  std::optional<Restoration> layer;  ///< the node that does the most damage; nothing: none is known
  std::optional<Cure> next;          ///< nothing: nothing that was tried helps
  size_t trials = 0;                 ///< files that were made and compared
};

/// A conversion whose file was checked.
struct CheckedConversion {
  const ConvertOptions& given;    ///< by the user
  const ConvertOptions& options;  ///< as Validated returns them
  const CalibrationSamples& samples;
  const NetworkObservation& observed;
  const Comparison& check;
};

/// Looks for a cure, in this order: options that undo what the user asked for (4 bits, scales per
/// layer, another calibration); the nodes that do the most damage, with 16-bit activations where
/// inputs and outputs are to be integers, or in float; float arithmetic. A cure ends the search,
/// but the layer is named in any case. Every figure is what the printed flag gives: a trial makes
/// the file as the flag would.
///   network  is loaded again
///   Throws Error(kInterrupted).
Diagnosis FindCure(const CheckedConversion& conversion, FloatNetwork& network, ThreadPool& threads);

}  // namespace qconvert
