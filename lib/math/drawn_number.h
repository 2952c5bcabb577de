// Random numbers that depend on a seed and a place alone, so that neither order nor threads matter.
// Rounding methods that draw use them.
#pragma once

#include <cstdint>
#include <string_view>

namespace qconvert {

/// Returns a number in [0, 1) for a place: SplitMix64's mix of seed and place (Steele et al. 2014).
double DrawnNumber(uint64_t seed, uint64_t place);

/// Returns 64 bits for a place, each 0 or 1 by an even chance.
uint64_t DrawnBits(uint64_t seed, uint64_t place);

/// Returns a seed for one name of many (FNV-1a).
uint64_t SeedOf(uint64_t seed, std::string_view name);

}  // namespace qconvert
