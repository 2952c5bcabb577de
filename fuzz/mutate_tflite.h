// A mutator that knows TFLite's structure: bytes alone rarely give a flatbuffer that verifies.
#pragma once

#include <cstddef>
#include <cstdint>

namespace qconvert {

/// Changes a type, shape, scale, edge, operator or option somewhere in a TFLite file, as
/// LLVMFuzzerCustomMutator has to. What is no such file gets its bytes changed.
size_t MutateTflite(uint8_t* data, size_t size, size_t most, unsigned seed);

}  // namespace qconvert
