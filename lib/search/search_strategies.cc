#include <array>

#include "lib/search/search_strategy.h"

namespace qconvert {

std::span<const SearchStrategy* const> SearchStrategies() {
  static constexpr std::array<const SearchStrategy*, 4> kAll = {
      &kEvolutionStrategy, &kProgrammeStrategy, &kGreedyStrategy, &kReinforcementStrategy};
  return kAll;
}

const SearchStrategy* FindSearchStrategy(std::string_view name) {
  for (const SearchStrategy* strategy : SearchStrategies()) {
    if (strategy->name == name) return strategy;
  }
  return nullptr;
}

}  // namespace qconvert
