#include "lib/math/drawn_number.h"

namespace qconvert {
namespace {

uint64_t Mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

}  // namespace

uint64_t DrawnBits(uint64_t seed, uint64_t place) {
  return Mix(Mix(seed) + (place + 1) * 0x9e3779b97f4a7c15U);
}

double DrawnNumber(uint64_t seed, uint64_t place) {
  return static_cast<double>(DrawnBits(seed, place) >> 11) * 0x1p-53;
}

uint64_t SeedOf(uint64_t seed, std::string_view name) {
  uint64_t hash = 0xcbf29ce484222325U ^ Mix(seed);
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

}  // namespace qconvert
