// Where fuzz targets put files that are read by their names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace qconvert {

/// Returns a folder of this process, made at the first call and left behind.
const std::string& ScratchFolderOfProcess();

/// Writes a file into it and returns its path.
std::string WriteScratch(const std::string& name, const uint8_t* data, size_t size);

}  // namespace qconvert
