#include "lib/base/nearest_name.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <numeric>
#include <utility>

namespace qconvert {
namespace {

bool SameLetter(char a, char b) {
  return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
}

/// Returns the edits that make `name`, or with `within` the best part of it, of `word`.
size_t Edits(const std::string& word, const std::string& name, bool within) {
  std::vector<size_t> row(name.size() + 1, 0);
  if (!within) std::iota(row.begin(), row.end(), size_t{0});
  for (const char letter : word) {
    size_t diagonal = row[0]++;
    for (size_t i = 0; i < name.size(); ++i) {
      const size_t replaced = diagonal + (SameLetter(letter, name[i]) ? 0 : 1);
      diagonal = row[i + 1];
      row[i + 1] = std::min({replaced, row[i] + 1, diagonal + 1});
    }
  }
  return within ? *std::min_element(row.begin(), row.end()) : row.back();
}

}  // namespace

std::string NearestName(const std::string& word, const std::vector<std::string>& names) {
  const auto distance = [&](const std::string& name) {
    return std::pair(Edits(word, name, true), Edits(word, name, false));
  };
  const auto nearest = std::min_element(
      names.begin(), names.end(),
      [&](const std::string& a, const std::string& b) { return distance(a) < distance(b); });
  return nearest == names.end() ? "" : *nearest;
}

}  // namespace qconvert
