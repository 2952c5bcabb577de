#include "lib/kernels/interleaved_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/interleaved_rows.cc"
#include <hwy/foreach_target.h>
// foreach_target must come before highway.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace qconvert {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Stores 16 channels of a group, in their order.
template <size_t kGroup>
HWY_INLINE void StoreGroup(const std::array<const int8_t*, kMostGroupedRows>& rows, size_t i,
                           uint8_t flip, int8_t* to) {
  const hn::CappedTag<uint8_t, 16> d8;
  const hn::Repartition<uint16_t, decltype(d8)> d16;
  const auto load = [&](size_t row) HWY_ATTR {
    const auto bytes = hn::LoadU(d8, reinterpret_cast<const uint8_t*>(rows[row] + i));
    return hn::Xor(bytes, hn::Set(d8, flip));
  };
  const auto store = [&](auto vector, size_t quarter) HWY_ATTR {
    hn::StoreU(hn::BitCast(d8, vector), d8, reinterpret_cast<uint8_t*>(to) + 16 * quarter);
  };
  const auto a = load(0), b = load(1);
  const auto low = hn::InterleaveLower(d8, a, b), high = hn::InterleaveUpper(d8, a, b);
  if constexpr (kGroup == 2) {
    store(low, 0);
    store(high, 1);
  } else {
    const auto c = load(2), d = load(3);
    const auto low_ab = hn::BitCast(d16, low), high_ab = hn::BitCast(d16, high);
    const auto low_cd = hn::BitCast(d16, hn::InterleaveLower(d8, c, d));
    const auto high_cd = hn::BitCast(d16, hn::InterleaveUpper(d8, c, d));
    store(hn::InterleaveLower(d16, low_ab, low_cd), 0);
    store(hn::InterleaveUpper(d16, low_ab, low_cd), 1);
    store(hn::InterleaveLower(d16, high_ab, high_cd), 2);
    store(hn::InterleaveUpper(d16, high_ab, high_cd), 3);
  }
}

#if HWY_TARGET <= HWY_AVX3
/// The same for four rows, whose 16 bytes are the quarters of a vector.
HWY_INLINE void StoreFour(const std::array<const int8_t*, kMostGroupedRows>& rows, size_t i,
                          uint8_t flip, int8_t* to) {
  const auto load = [&](size_t row) HWY_ATTR {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(rows[row] + i));
  };
  __m512i all = _mm512_castsi128_si512(load(0));
  all = _mm512_inserti32x4(all, load(1), 1);
  all = _mm512_inserti32x4(all, load(2), 2);
  all = _mm512_inserti32x4(all, load(3), 3);
  const __m512i fours = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512i ones =
      _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  all = _mm512_shuffle_epi8(_mm512_permutexvar_epi32(fours, all), ones);
  _mm512_storeu_si512(to, _mm512_xor_si512(all, _mm512_set1_epi8(static_cast<char>(flip))));
}
#endif

/// Interleaves `count` neighbouring numbers of each row.
template <size_t kGroup>
void InterleaveRun(std::array<const int8_t*, kMostGroupedRows> rows, size_t count, uint8_t flip,
                   int8_t* to) {
  constexpr size_t kLanes = 16;
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
#if HWY_TARGET <= HWY_AVX3
    if constexpr (kGroup == 4) {
      StoreFour(rows, i, flip, to + kGroup * i);
      continue;
    }
#endif
    StoreGroup<kGroup>(rows, i, flip, to + kGroup * i);
  }
  for (; i < count; ++i) {
    for (size_t row = 0; row < kGroup; ++row) {
      to[kGroup * i + row] = static_cast<int8_t>(rows[row][i] ^ flip);
    }
  }
}

template <size_t kGroup>
void InterleaveBy(const RowGroup& group) {
  if (group.channels == group.padded_channels) {
    return InterleaveRun<kGroup>(group.rows, group.pixels * group.channels, group.flip, group.to);
  }
  std::array<const int8_t*, kMostGroupedRows> rows = group.rows;
  for (size_t pixel = 0; pixel < group.pixels; ++pixel) {
    InterleaveRun<kGroup>(rows, group.channels, group.flip,
                          group.to + pixel * group.padded_channels * kGroup);
    for (size_t row = 0; row < kGroup; ++row) rows[row] += group.channels;
  }
}

void Interleave(const RowGroup& group, size_t group_rows) {
  group_rows == 4 ? InterleaveBy<4>(group) : InterleaveBy<2>(group);
}

}  // namespace HWY_NAMESPACE
}  // namespace qconvert
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qconvert {

HWY_EXPORT(Interleave);

void InterleaveRows(const RowGroup& group, size_t group_rows) {
  HWY_DYNAMIC_DISPATCH(Interleave)(group, group_rows);
}

}  // namespace qconvert
#endif
