#include "fuzz/scratch.h"

#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <stdexcept>

namespace qconvert {

const std::string& ScratchFolderOfProcess() {
  static const std::string folder = [] {
    std::string name = std::filesystem::temp_directory_path() / "qconvert_fuzz_";
    name += std::string(6, 'X');
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no scratch folder");
    return name;
  }();
  return folder;
}

std::string WriteScratch(const std::string& name, const uint8_t* data, size_t size) {
  const std::string path = ScratchFolderOfProcess() + "/" + name;
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr || std::fwrite(data, 1, size, file) != size || std::fclose(file) != 0) {
    throw std::runtime_error("cannot write " + path);
  }
  return path;
}

}  // namespace qconvert
