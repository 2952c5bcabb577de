// The flags that say how qconvert quantizes.
#pragma once

#include "lib/qconvert.h"

namespace CLI {
class App;
}  // namespace CLI

namespace qconvert {

/// Flags that choose among values of ConvertOptions together.
struct QuantizerFlags {
  bool weights_only = false, dynamic = false, floating = false, per_layer = false,
       per_channel = false;
};

/// Adds what decides precision, scales, rounding and ranges.
void AddQuantizerFlags(CLI::App& app, ConvertOptions& options, QuantizerFlags& flags);

/// Sets what the parsed flags choose.
void SettleQuantizer(const QuantizerFlags& flags, ConvertOptions& options);

}  // namespace qconvert
