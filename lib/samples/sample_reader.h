// How the rooms behind samples/ ask for a sample, whatever it is made of.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace qconvert {

/// Returns the values of one sample, one for each input of the float network, in the ONNX layout.
using SampleReader = std::function<std::vector<std::vector<std::byte>>(size_t i)>;

}  // namespace qconvert
