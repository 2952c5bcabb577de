// .onnx -> a whole conversion without samples; its size chooses the options, so that mutations
// change both.
#include "fuzz/mutate_onnx.h"
#include "fuzz/run_small.h"
#include "fuzz/scratch.h"
#include "fuzz/survive.h"

#include "lib/convert/load_model.h"
#include "lib/qconvert.h"

namespace qconvert {
namespace {

constexpr size_t kMostBytes = size_t{1} << 18;  // every sample of the calibration looks at them

ConvertOptions OptionsOf(size_t choice) {
  ConvertOptions options;
  options.quiet = true;
  options.threads = 1;
  options.mode = choice % 8 == 6   ? ConvertOptions::Mode::kFloat
                 : choice % 8 == 7 ? ConvertOptions::Mode::kWeightsOnly
                                   : ConvertOptions::Mode::kInteger;
  if (options.mode != ConvertOptions::Mode::kInteger) return options;
  if (choice % 2 == 1) options.granularity = ConvertOptions::Granularity::kPerLayer;
  if (choice % 3 == 1) options.bits = 4;
  if (choice % 5 == 1) options.io = ConvertOptions::Io::kInt8;
  if (choice % 5 == 2) options.io = ConvertOptions::Io::kUInt8;
  return options;
}

}  // namespace
}  // namespace qconvert

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  return qconvert::MutateModel(data, size, most, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace qconvert;
  return Survive([&] {
    ConvertOptions options = OptionsOf(size);
    options.model = WriteScratch("model.onnx", data, size);
    if (!IsSmall(LoadOnnx(options.model, {}, Layout::kNhwc, ""), kMostBytes)) return;
    options.output = ScratchFolderOfProcess() + "/model.tflite";
    Convert(options);
    const Graph graph = LoadTflite(options.output);
    RunSmall(graph, KernelSet::kFast);
    RunSmall(graph, KernelSet::kReference);
  });
}
