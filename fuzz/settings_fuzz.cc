// Text files that say what to do: gates, recipes, states of a search, and options.
#include <cstdlib>
#include <string>

#include "fuzz/scratch.h"
#include "fuzz/survive.h"

#include "cmd/toml.h"
#include "lib/evaluation/gates_file.h"
#include "lib/search/recipe_file.h"
#include "lib/search/search_state.h"

namespace qconvert {
namespace {

/// Reads options. What is written of them reads as the same values.
void FollowToml(const std::string& text) {
  for (const TomlEntry& entry : ParseToml(text)) {
    const auto read = ParseToml("key = " + TomlText(entry.values));
    if (read.size() != 1 || read.front().values != entry.values) std::abort();
  }
}

/// Reads a recipe. What is written of it reads as the same rows.
void FollowRecipe(const std::string& path) {
  const std::string text = ToJson(ReadRecipe(path));
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  if (ToJson(ReadRecipe(WriteScratch("recipe", bytes, text.size()))) != text) std::abort();
}

}  // namespace
}  // namespace qconvert

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace qconvert;
  const std::string path = WriteScratch("settings", data, size);
  Survive([&] { ReadGatesFile(path); });
  Survive([&] { FollowRecipe(path); });
  Survive([&] {
    const SearchState state = ReadSearchState(path, {"model: 1"});
    RequireSize(path, state, 2, 3);
    ToJson(state);
  });
  return Survive([&] { FollowToml({reinterpret_cast<const char*>(data), size}); });
}
