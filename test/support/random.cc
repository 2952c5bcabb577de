#include "test/support/random.h"

namespace qconvert {
namespace {

template <typename T>
Constant RandomIntegers(size_t count, Random& random, int64_t min, int64_t max) {
  std::vector<T> values(count);
  for (T& value : values) value = static_cast<T>(random.Integer(min, max));
  return MakeConstant(std::move(values));
}

Constant RandomValues(const Tensor& tensor, uint64_t seed, float min, float max) {
  const auto count = static_cast<size_t>(tensor.elements());
  Random random(seed);
  switch (tensor.type) {
    case ElementType::kFloat32:
      return MakeConstant(RandomFloats(count, seed, min, max));
    case ElementType::kInt4:
      return RandomIntegers<int8_t>(count, random, -7, 7);
    case ElementType::kInt8:
      return RandomIntegers<int8_t>(count, random, -128, 127);
    case ElementType::kUInt8:
      return RandomIntegers<uint8_t>(count, random, 0, 255);
    case ElementType::kInt32:
      return RandomIntegers<int32_t>(count, random, 0, 3);
    case ElementType::kInt64:
      return RandomIntegers<int64_t>(count, random, 0, 3);
    case ElementType::kBool:
      return RandomIntegers<uint8_t>(count, random, 0, 1);
    default:
      break;
  }
  Check(false, "no random values of this type");
  return {};
}

}  // namespace

uint64_t Random::Next() {
  uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

float Random::Uniform(float min, float max) {
  const float unit = static_cast<float>(Next() >> 40) * 0x1p-24F;  // 24 bits: exact
  return min + (max - min) * unit;
}

int64_t Random::Integer(int64_t min, int64_t max) {
  return min + static_cast<int64_t>(Next() % static_cast<uint64_t>(max - min + 1));
}

std::vector<float> RandomFloats(size_t count, uint64_t seed, float min, float max) {
  Random random(seed);
  std::vector<float> values(count);
  for (float& value : values) value = random.Uniform(min, max);
  return values;
}

std::vector<float> NormalFloats(size_t count, uint64_t seed) {
  Random random(seed);
  std::vector<float> values;
  for (size_t i = 0; i < count; ++i) {
    float sum = 0;  // of twelve uniform ones: variance 1
    for (int k = 0; k < 12; ++k) sum += random.Uniform(-0.5F, 0.5F);
    values.push_back(sum);
  }
  return values;
}

std::vector<int8_t> RandomInt8(size_t count, uint64_t seed, int min, int max) {
  Random random(seed);
  std::vector<int8_t> values(count);
  for (int8_t& value : values) value = static_cast<int8_t>(random.Integer(min, max));
  return values;
}

Tensor RandomTensor(const Tensor& tensor, uint64_t seed, float min, float max) {
  Tensor result = tensor;
  result.constant = RandomValues(tensor, seed, min, max);
  return result;
}

}  // namespace qconvert
