// Which samples run through both networks while weights are rounded and biases corrected. Between
// the options and quantize_network.h.
#pragma once

#include <cstddef>
#include <vector>

#include "lib/convert/calibration_samples.h"
#include "lib/convert/observe_network.h"

namespace qconvert {

/// The mean of fewer is chance.
inline constexpr size_t kFewestCompared = 4;

/// Returns the samples that layers are rounded or biases corrected by, spread evenly; none when
/// nothing is learned from that.
///   Throws Error(kUnusable) when the activations of one do not fit 1 GiB and a rounding needs
///   them.
std::vector<size_t> PrefixSamples(const Graph& network, const NetworkObservation& observed,
                                  const CalibrationSamples& samples, const ConvertOptions& options);

/// Returns the samples that blocks are reconstructed on, spread evenly.
///   bytes  of a sample's activations between two blocks; options.memory_mib bounds them all
///   Throws Error(kUnusable) when that holds not even one.
std::vector<size_t> BlockSamples(const NetworkObservation& observed,
                                 const CalibrationSamples& samples, const ConvertOptions& options,
                                 size_t bytes);

}  // namespace qconvert
