// .onnx -> importer, every float pass, both layouts, one float run.
#include "fuzz/mutate_onnx.h"
#include "fuzz/run_small.h"
#include "fuzz/scratch.h"
#include "fuzz/survive.h"

#include "lib/network/load_onnx.h"

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  return qconvert::MutateModel(data, size, most, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace qconvert;
  return Survive([&] {
    const std::string path = WriteScratch("model.onnx", data, size);
    const Layout layout = size % 2 == 0 ? Layout::kNhwc : Layout::kKeep;
    RunSmall(LoadOnnx(path, {.shapes = {{"symbolic", {1, 4}}}}, layout, ""), KernelSet::kFast);
  });
}
