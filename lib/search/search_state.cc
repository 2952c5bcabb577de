#include "lib/search/search_state.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/base/mapped_file.h"

namespace qconvert {
namespace {

using Json = nlohmann::json;

Json ToObject(const Assignment& assignment, const std::optional<SearchPoint>& point) {
  Json json = {{"assignment", assignment}};
  if (!point) return json;
  json["cost"] = point->cost;
  json["noise"] = point->noise;
  json["meets"] = point->meets;
  json["miss"] = point->miss;
  json["added_noise"] = point->added_noise;
  return json;
}

std::optional<SearchPoint> PointOf(const Json& json, const Assignment& assignment) {
  if (!json.contains("cost")) return std::nullopt;
  return SearchPoint{assignment,
                     json.at("cost").get<double>(),
                     json.at("noise").get<double>(),
                     json.at("meets").get<bool>(),
                     json.at("miss").get<double>(),
                     json.at("added_noise").get<std::vector<double>>()};
}

bool IsAssignment(const Assignment& assignment, size_t groups, size_t choices) {
  return assignment.size() == groups &&
         std::ranges::all_of(assignment, [&](size_t choice) { return choice < choices; });
}

bool HasSize(const SearchState& state, size_t groups, size_t choices) {
  const auto is_whole = [&](const auto& entry) {
    const auto& [assignment, point] = entry;
    return IsAssignment(assignment, groups, choices) &&
           (!point || point->added_noise.size() == groups);
  };
  const auto is_row = [&](const std::vector<double>& row) { return row.size() == choices; };
  return std::ranges::all_of(state.points, is_whole) &&
         (state.microseconds.empty() || state.microseconds.size() == groups) &&
         std::ranges::all_of(state.microseconds, is_row);
}

void RequireSameRun(const std::vector<std::string>& stored, const std::vector<std::string>& run) {
  for (size_t i = 0; i < std::max(stored.size(), run.size()); ++i) {
    const std::string before = i < stored.size() ? stored[i] : "nothing";
    const std::string now = i < run.size() ? run[i] : "nothing";
    if (before == now) continue;
    Fail(ErrorKind::kUnusable,
         fmt::format("it is of another search: it says '{}', this one '{}'; give the same options, "
                     "or another --state",
                     before, now));
  }
}

}  // namespace

std::string ToJson(const SearchState& state) {
  Json json = {{"run", state.run}, {"microseconds", state.microseconds}};
  json["points"] = Json::array();
  for (const auto& [assignment, point] : state.points) {
    json["points"].push_back(ToObject(assignment, point));
  }
  return json.dump(1) + "\n";
}

SearchState ReadSearchState(const std::string& path, const std::vector<std::string>& run) try {
  const auto file = MappedFile::Open(path);
  const auto* text = reinterpret_cast<const char*>(file->bytes().data());
  const Json json = Json::parse(text, text + file->bytes().size());
  SearchState state;
  state.run = json.at("run").get<std::vector<std::string>>();
  RequireSameRun(state.run, run);
  state.microseconds = json.at("microseconds").get<std::vector<std::vector<double>>>();
  for (const Json& point : json.at("points")) {
    const auto assignment = point.at("assignment").get<Assignment>();
    state.points[assignment] = PointOf(point, assignment);
  }
  return state;
} catch (const Json::exception&) {
  Fail(ErrorKind::kUnusable, "state '" + path + "': it is damaged, or no state of a search");
} catch (const Error& error) {
  throw error.WithContext("state '" + path + "'");
}

void RequireSize(const std::string& path, const SearchState& state, size_t groups, size_t choices) {
  if (HasSize(state, groups, choices)) return;
  Fail(ErrorKind::kUnusable,
       fmt::format("state '{}': it is damaged: this search has {} groups and {} choices", path,
                   groups, choices));
}

}  // namespace qconvert
