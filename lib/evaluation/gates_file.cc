#include "lib/evaluation/gates_file.h"

#include <vector>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/base/mapped_file.h"
#include "lib/base/nearest_name.h"
#include "lib/evaluation/gate_kinds.h"

namespace qconvert {
namespace {

using Json = nlohmann::json;

Json ParsedGates(const std::string& path) {
  const auto file = MappedFile::Open(path);
  const auto* text = reinterpret_cast<const char*>(file->bytes().data());
  const Json json = Json::parse(text, text + file->bytes().size(), nullptr,
                                /*allow_exceptions=*/false);
  if (json.is_object()) return json;
  Fail(ErrorKind::kUnusable, path + R"(: it is no JSON object such as {"max-drop": 1})");
}

const GateKind& KindOf(const std::string& path, const std::string& name) {
  if (const GateKind* kind = FindGateKind(name)) return *kind;
  std::vector<std::string> names;
  for (const GateKind& kind : GateKinds()) names.emplace_back(kind.name);
  Fail(ErrorKind::kUnusable, fmt::format("{}: there is no gate '{}'; the nearest is '{}'", path,
                                         name, NearestName(name, names)));
}

}  // namespace

GateLimits ReadGatesFile(const std::string& path) {
  GateLimits limits;
  const Json gates = ParsedGates(path);
  for (const auto& [name, value] : gates.items()) {
    if (name == "$schema") continue;  // for editors
    const GateKind& kind = KindOf(path, name);
    if (!value.is_number()) {
      Fail(ErrorKind::kUnusable, fmt::format("{}: the limit of '{}' is no number", path, name));
    }
    limits.*kind.limit = value.get<double>();
  }
  return limits;
}

GateLimits Joined(const GateLimits& limits, const GateLimits& others) {
  GateLimits joined = limits;
  for (const GateKind& kind : GateKinds()) {
    if (!(joined.*kind.limit)) joined.*kind.limit = others.*kind.limit;
  }
  return joined;
}

}  // namespace qconvert
