#include "lib/evaluation/caches.h"

#include <fstream>
#include <map>

namespace qconvert {
namespace {

template <typename T>
T Value(const std::filesystem::path& file) {
  T value{};
  std::ifstream(file) >> value;
  return value;
}

/// Reads "32K"; 0 for what is no size.
size_t Size(const std::filesystem::path& file) {
  size_t number = 0;
  char unit = ' ';
  std::ifstream stream(file);
  stream >> number >> unit;
  return unit == 'K' ? number << 10 : unit == 'M' ? number << 20 : number;
}

}  // namespace

std::vector<Cache> DataCaches(const std::filesystem::path& folder) {
  std::map<int, size_t> bytes;
  for (int i = 0;; ++i) {
    const std::filesystem::path cache = folder / ("index" + std::to_string(i));
    const int level = Value<int>(cache / "level");
    if (level == 0) break;
    const size_t size = Size(cache / "size");
    if (size > 0 && Value<std::string>(cache / "type") != "Instruction") bytes[level] = size;
  }
  if (bytes.empty()) bytes = {{1, size_t{32} << 10}, {2, size_t{1} << 20}, {3, size_t{32} << 20}};
  std::vector<Cache> caches;
  for (const auto& [level, size] : bytes) caches.push_back({level, size});
  return caches;
}

}  // namespace qconvert
