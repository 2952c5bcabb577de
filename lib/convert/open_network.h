// How a pipeline that makes a file begins: the float network of its options, and where the file
// goes. Convert and Tune call it.
#pragma once

#include <string>

#include "lib/base/error.h"
#include "lib/network/float_network.h"
#include "lib/qconvert.h"

namespace qconvert {

/// Returns the float network as it is to be observed.
///   dump_passes  a folder, or empty
FloatNetwork OpenNetwork(const ConvertOptions& options, const std::string& dump_passes);

/// Returns the path of the file to write.
std::string OutputOf(const ConvertOptions& options);

/// Calls `stage`; an error that it throws names the model.
template <typename Stage>
auto Naming(const std::string& model, const Stage& stage) {
  try {
    return stage();
  } catch (const Error& error) {
    throw error.WithContext(model);
  }
}

}  // namespace qconvert
