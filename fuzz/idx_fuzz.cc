// IDX, gzipped or not -> an array.
#include "fuzz/survive.h"

#include "lib/samples/array.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace qconvert;
  return Survive([&] { ReadIdx(Bytes(data, size), nullptr); });
}
