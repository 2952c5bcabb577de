// .npz -> arrays.
#include "fuzz/survive.h"

#include "lib/samples/array.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace qconvert;
  return Survive([&] { ReadNpz(Bytes(data, size), nullptr, {{"x", nullptr}, {"y", nullptr}}); });
}
