// An ONNX tensor (.pb) -> an array, as each type that inputs have.
#include "fuzz/mutate_onnx.h"
#include "fuzz/survive.h"

#include "lib/samples/array.h"

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  return qconvert::MutateTensor(data, size, most, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace qconvert;
  return Survive([&] {
    const Array array = ReadTensorProto(Bytes(data, size));
    for (const ElementType type :
         {ElementType::kFloat32, ElementType::kInt64, ElementType::kInt8}) {
      Survive([&] { AsType(array, type); });
    }
  });
}
