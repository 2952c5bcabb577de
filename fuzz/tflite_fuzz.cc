// .tflite -> reader, load passes, both sets of kernels.
#include "fuzz/mutate_tflite.h"
#include "fuzz/run_small.h"
#include "fuzz/survive.h"

#include "lib/passes/pipeline.h"
#include "lib/tflite/reader.h"

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  return qconvert::MutateTflite(data, size, most, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace qconvert;
  return Survive([&] {
    // Aligned as a file is, and of exactly its size, so that the sanitizer sees what lies beyond.
    const auto file = std::make_shared<std::vector<std::byte>>(size);
    std::copy_n(reinterpret_cast<const std::byte*>(data), size, file->data());
    Graph graph = ReadTflite(*file, file);
    RunPasses(kLoadPasses, graph);
    RunSmall(graph, KernelSet::kFast);
    RunSmall(graph, KernelSet::kReference);
  });
}
