#include "lib/tflite/target_profile.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include "lib/base/check.h"
#include "lib/tflite/target_files.h"

namespace qconvert {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kArrow = " -> ";
constexpr std::string_view kComma = ", ";

constexpr ElementType kTypes[] = {ElementType::kFloat32, ElementType::kFloat16, ElementType::kInt4,
                                  ElementType::kInt8,    ElementType::kUInt8,   ElementType::kInt16,
                                  ElementType::kInt32,   ElementType::kInt64,   ElementType::kBool};

ElementType TypeNamed(std::string_view name) {
  const auto* found = std::find_if(std::begin(kTypes), std::end(kTypes),
                                   [&](ElementType type) { return ElementTypeName(type) == name; });
  Check(found != std::end(kTypes), "a target profile names an unknown type");
  return *found;
}

std::vector<ElementType> TypesFrom(std::string_view text) {
  std::vector<ElementType> types;
  while (true) {
    const size_t comma = text.find(kComma);
    types.push_back(TypeNamed(text.substr(0, comma)));
    if (comma == std::string_view::npos) return types;
    text.remove_prefix(comma + kComma.size());
  }
}

TypeSignature SignatureFrom(std::string_view text) {
  const size_t arrow = text.find(kArrow);
  if (arrow == std::string_view::npos) return {TypesFrom(text), TypesFrom(text)};
  return {TypesFrom(text.substr(0, arrow)), TypesFrom(text.substr(arrow + kArrow.size()))};
}

std::optional<double> EndFrom(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional(json.get<double>());
}

/// Reads [least, most], null for an open end, or {"one_of": [...]}.
NumberLimit LimitFrom(const Json& json) {
  if (json.is_object()) return {{}, {}, json.at("one_of").get<std::vector<double>>()};
  Check(json.size() == 2, "a limit of a target profile has two ends");
  return {EndFrom(json[0]), EndFrom(json[1]), {}};
}

AcceptedForm FormFrom(const Json& json) {
  AcceptedForm form;
  json.at("operators").get_to(form.operators);
  for (const Json& types : json.at("types")) {
    form.types.push_back(SignatureFrom(types.get<std::string>()));
  }
  const Json limits = json.value("limits", Json::object());
  for (const auto& [name, limit] : limits.items()) form.limits[name] = LimitFrom(limit);
  return form;
}

TargetProfile ProfileFrom(std::string_view text) {
  const Json json = Json::parse(text);
  TargetProfile profile;
  json.at("names").get_to(profile.names);
  json.at("title").get_to(profile.title);
  json.at("otherwise").get_to(profile.otherwise);
  json.at("remedy").get_to(profile.remedy);
  for (const Json& source : json.at("sources")) {
    profile.sources.push_back({source.at("document"), source.at("version"), source.at("date")});
  }
  for (const Json& form : json.at("accepts")) profile.accepts.push_back(FormFrom(form));
  json.at("lacks").get_to(profile.lacks);
  json.at("remedies").get_to(profile.remedies);
  return profile;
}

std::vector<TargetProfile> ReadProfiles() {
  std::vector<TargetProfile> profiles;
  for (std::string_view text : TargetFiles()) profiles.push_back(ProfileFrom(text));
  return profiles;
}

std::string ToText(const std::vector<ElementType>& types) {
  std::vector<std::string_view> names;
  for (ElementType type : types) names.push_back(ElementTypeName(type));
  return fmt::format("{}", fmt::join(names, kComma));
}

}  // namespace

const std::vector<TargetProfile>& TargetProfiles() {
  static const std::vector<TargetProfile> profiles = ReadProfiles();
  return profiles;
}

std::vector<std::string> TargetNames() {
  std::vector<std::string> names;
  for (const TargetProfile& profile : TargetProfiles()) {
    names.insert(names.end(), profile.names.begin(), profile.names.end());
  }
  return names;
}

const TargetProfile* FindTargetProfile(std::string_view name) {
  for (const TargetProfile& profile : TargetProfiles()) {
    if (std::ranges::find(profile.names, name) != profile.names.end()) return &profile;
  }
  return nullptr;
}

std::string ToText(const TypeSignature& signature) {
  const auto same = [&](ElementType type) { return type == signature.results.front(); };
  if (std::ranges::all_of(signature.operands, same) &&
      std::ranges::all_of(signature.results, same)) {
    return std::string(ElementTypeName(signature.results.front()));
  }
  return ToText(signature.operands) + std::string(kArrow) + ToText(signature.results);
}

std::string ToText(const NumberLimit& limit) {
  if (limit.one_of.size() == 1) return fmt::format("{:.8g}", limit.one_of.front());
  if (!limit.one_of.empty()) {
    const auto last = limit.one_of.end() - 1;
    return fmt::format("{:.8g} or {:.8g}", fmt::join(limit.one_of.begin(), last, ", "), *last);
  }
  if (!limit.least) return fmt::format("at most {:.8g}", *limit.most);
  if (!limit.most) return fmt::format("at least {:.8g}", *limit.least);
  if (*limit.least == *limit.most) return fmt::format("{:.8g}", *limit.least);
  return fmt::format("{:.8g} to {:.8g}", *limit.least, *limit.most);
}

}  // namespace qconvert
