// Mutators for files that hold ONNX's messages.
#pragma once

#include <cstddef>
#include <cstdint>

namespace qconvert {

/// Changes a serialized model, as LLVMFuzzerCustomMutator has to. What does not parse becomes an
/// empty model first.
size_t MutateModel(uint8_t* data, size_t size, size_t most, unsigned seed);

/// Changes a serialized tensor.
size_t MutateTensor(uint8_t* data, size_t size, size_t most, unsigned seed);

}  // namespace qconvert
