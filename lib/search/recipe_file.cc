#include "lib/search/recipe_file.h"

#include <array>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include "lib/base/error.h"
#include "lib/base/mapped_file.h"

namespace qconvert {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::pair<const char*, std::string RecipeRow::*>, 5> kRowMembers{
    {{"regex", &RecipeRow::regex},
     {"weights", &RecipeRow::weights},
     {"activations", &RecipeRow::activations},
     {"rounding", &RecipeRow::rounding},
     {"calibration", &RecipeRow::calibration}}};

Json ToObject(const RecipeRow& row) {
  Json object;
  for (const auto& [name, member] : kRowMembers) {
    if (!(row.*member).empty()) object[name] = row.*member;
  }
  return object;
}

/// Reads one recipe; errors name its file.
class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  SavedRecipe Read() const {
    const auto file = MappedFile::Open(path_);
    const auto* text = reinterpret_cast<const char*>(file->bytes().data());
    const Json json = Json::parse(text, text + file->bytes().size(), nullptr,
                                  /*allow_exceptions=*/false);
    if (!json.is_object() || !json.contains("rows") || !json["rows"].is_array()) {
      Refuse(R"(it is no JSON object with "rows": [...])");
    }
    RequireKnown(json, {"rows", "calibration", "samples", "instructions"});
    SavedRecipe recipe;
    for (const Json& row : json["rows"]) recipe.rows.push_back(Row(row));
    recipe.calibration = Text(json, "calibration");
    recipe.instructions = Text(json, "instructions");
    if (json.contains("samples")) recipe.samples = Samples(json["samples"]);
    return recipe;
  }

 private:
  [[noreturn]] void Refuse(const std::string& why) const {
    Fail(ErrorKind::kUnusable, path_ + ": " + why);
  }

  void RequireKnown(const Json& object, const std::vector<std::string_view>& names) const {
    for (const auto& [name, value] : object.items()) {
      bool known = false;
      for (const std::string_view each : names) known = known || each == name;
      if (!known) {
        Refuse(fmt::format("there is no member '{}'; there are {}", name, fmt::join(names, ", ")));
      }
    }
  }

  std::string Text(const Json& object, const std::string& name) const {
    if (!object.contains(name)) return "";
    if (!object[name].is_string()) Refuse("member '" + name + "' is no text");
    return object[name].get<std::string>();
  }

  RecipeRow Row(const Json& json) const {
    if (!json.is_object()) Refuse("a row is no object");
    std::vector<std::string_view> names;
    for (const auto& [name, member] : kRowMembers) names.emplace_back(name);
    RequireKnown(json, names);
    RecipeRow row;
    for (const auto& [name, member] : kRowMembers) row.*member = Text(json, name);
    return row;
  }

  RecipeSamples Samples(const Json& json) const {
    if (!json.is_object() || !json.contains("count") || !json["count"].is_number_unsigned()) {
      Refuse("member 'samples' has no count");
    }
    return {json["count"].get<size_t>(), Text(json, "hash")};
  }

  const std::string& path_;
};

}  // namespace

std::string ToJson(const SavedRecipe& recipe) {
  Json json;
  json["rows"] = Json::array();
  for (const RecipeRow& row : recipe.rows) json["rows"].push_back(ToObject(row));
  if (!recipe.calibration.empty()) json["calibration"] = recipe.calibration;
  if (recipe.samples) {
    json["samples"] = {{"count", recipe.samples->count}, {"hash", recipe.samples->hash}};
  }
  if (!recipe.instructions.empty()) json["instructions"] = recipe.instructions;
  return json.dump(2) + "\n";
}

SavedRecipe ReadRecipe(const std::string& path) { return Reader(path).Read(); }

}  // namespace qconvert
