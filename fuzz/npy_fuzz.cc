// .npy -> an array, as each type that inputs have.
#include "fuzz/survive.h"

#include "lib/samples/array.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace qconvert;
  return Survive([&] {
    const Array array = ReadNpy(Bytes(data, size), nullptr);
    for (const ElementType type :
         {ElementType::kFloat32, ElementType::kInt64, ElementType::kInt8}) {
      Survive([&] { AsType(array, type); });
    }
  });
}
