#include "lib/evaluation/pairing.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"

namespace qconvert {
namespace {

bool AllNamesMatch(const std::vector<Port>& a, const std::vector<Port>& b) {
  return std::all_of(a.begin(), a.end(), [&](const Port& port) {
    return std::any_of(b.begin(), b.end(),
                       [&](const Port& other) { return other.name == port.name; });
  });
}

}  // namespace

size_t FindPartner(const std::vector<Port>& ports, const std::string& name, size_t place) {
  const auto found =
      std::find_if(ports.begin(), ports.end(), [&](const Port& port) { return port.name == name; });
  return found == ports.end() ? place : static_cast<size_t>(found - ports.begin());
}

std::vector<size_t> PairPorts(const std::vector<Port>& wanted, const std::vector<Port>& offered,
                              std::string_view what) {
  if (wanted.size() != offered.size()) {
    Fail(ErrorKind::kUsage, fmt::format("the models have {} and {} {}s: they cannot be compared",
                                        wanted.size(), offered.size(), what));
  }
  const bool by_name = AllNamesMatch(wanted, offered);
  std::vector<size_t> partners;
  for (size_t i = 0; i < wanted.size(); ++i) {
    const size_t partner = by_name ? FindPartner(offered, wanted[i].name, i) : i;
    if (NumElements(wanted[i].shape) != NumElements(offered[partner].shape)) {
      Fail(ErrorKind::kUsage, fmt::format("{} '{}' is {} in one model and {} ('{}') in the other",
                                          what, wanted[i].name, ToText(wanted[i].shape),
                                          ToText(offered[partner].shape), offered[partner].name));
    }
    partners.push_back(partner);
  }
  return partners;
}

}  // namespace qconvert
