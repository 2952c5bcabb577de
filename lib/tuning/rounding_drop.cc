#include "lib/tuning/rounding_drop.h"

#include "lib/base/vectorize.h"
#include "lib/math/drawn_number.h"

namespace qconvert {
namespace {

constexpr size_t kWord = 64;

QCONVERT_VECTORIZE
void Spread(uint64_t bits, int32_t* mask) {
  const auto low = static_cast<uint32_t>(bits), high = static_cast<uint32_t>(bits >> 32);
  for (uint32_t i = 0; i < 32; ++i) mask[i] = static_cast<int32_t>(low >> i & 1);
  for (uint32_t i = 0; i < 32; ++i) mask[32 + i] = static_cast<int32_t>(high >> i & 1);
}

QCONVERT_VECTORIZE
void Select(const int32_t* mask, const float* unrounded, size_t count, float* values) {
  for (size_t i = 0; i < count; ++i) values[i] = mask[i] != 0 ? unrounded[i] : values[i];
}

}  // namespace

RoundingDrop RoundingDrop::For(uint64_t sample) const { return {share_, DrawnBits(seed_, sample)}; }

void RoundingDrop::Draw(TensorId tensor, size_t count, UnroundedMask& mask) const {
  mask.resize((count + kWord - 1) / kWord * kWord);
  const uint64_t seed = seed_ + static_cast<uint64_t>(tensor);
  for (size_t first = 0; first < count; first += kWord) {
    const uint64_t bits = share_ == Share::kAll    ? ~uint64_t{0}
                          : share_ == Share::kNone ? 0
                                                   : DrawnBits(seed, first / kWord);
    Spread(bits, mask.data() + first);
  }
}

void TakeUnrounded(const UnroundedMask& mask, std::span<const float> unrounded,
                   std::span<float> values) {
  Select(mask.data(), unrounded.data(), values.size(), values.data());
}

}  // namespace qconvert
