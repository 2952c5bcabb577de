#include "lib/convert/open_network.h"

#include <filesystem>

#include "lib/passes/passes.h"

namespace qconvert {

FloatNetwork OpenNetwork(const ConvertOptions& options, const std::string& dump_passes) {
  FloatNetwork network(
      NetworkSource{options.model,
                    {options.shapes, options.inputs, options.outputs},
                    options.layout == ConvertOptions::Layout::kKeep ? Layout::kKeep : Layout::kNhwc,
                    dump_passes});
  if (options.mode == ConvertOptions::Mode::kInteger) {
    network.Apply(LiftQuantization, FloatNetwork::Results::kOther);
  }
  if (options.mode != ConvertOptions::Mode::kFloat) {
    network.Apply(BoundMasks);
    network.Apply(DropNanChecks);
  }
  return network;
}

std::string OutputOf(const ConvertOptions& options) {
  if (!options.output.empty()) return options.output;
  return std::filesystem::path(options.model).stem().string() + ".tflite";
}

}  // namespace qconvert
