// Seeded random numbers for tests, the same on every platform and standard library.
#pragma once

#include <cstdint>
#include <vector>

#include "lib/graph/tensor.h"

namespace qconvert {

/// A generator of 64-bit numbers (SplitMix64).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next();
  /// Returns a number in [min, max).
  float Uniform(float min, float max);
  /// Returns an integer in [min, max].
  int64_t Integer(int64_t min, int64_t max);

 private:
  uint64_t state_;
};

std::vector<float> RandomFloats(size_t count, uint64_t seed, float min = -1, float max = 1);
/// Returns values of about a normal distribution with variance 1.
std::vector<float> NormalFloats(size_t count, uint64_t seed);
std::vector<int8_t> RandomInt8(size_t count, uint64_t seed, int min = -128, int max = 127);

/// Makes a constant of `tensor`'s name, type, shape and parameters with random values: floats in
/// [min, max), every int8, small numbers >= 0 for other integers.
Tensor RandomTensor(const Tensor& tensor, uint64_t seed, float min = -1, float max = 1);

}  // namespace qconvert
