#include "lib/kernels/lookup.h"

#include "lib/kernels/split_range.h"

#define HWY_WANT_AVX3_DL  // for its shuffles of bytes
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/lookup.cc"
#include <hwy/foreach_target.h>
// foreach_target must come before highway.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace qconvert {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET <= HWY_AVX3_DL

// Looks up whole vectors in the halves of the table, by the low 7 bits of an index, and takes that
// half which its high bit names. Returns where it stopped.
//   flip  makes an index of a byte
size_t LookUpVectors(const ByteTable& table, uint8_t flip, const uint8_t* from, size_t count,
                     uint8_t* to) {
  const auto quarter = [&](size_t i) HWY_ATTR { return _mm512_loadu_si512(table.data() + 64 * i); };
  const __m512i q0 = quarter(0), q1 = quarter(1), q2 = quarter(2), q3 = quarter(3);
  const __m512i flips = _mm512_set1_epi8(static_cast<char>(flip));
  size_t i = 0;
  for (; i + 64 <= count; i += 64) {
    const __m512i index = _mm512_xor_si512(_mm512_loadu_si512(from + i), flips);
    const __m512i low = _mm512_permutex2var_epi8(q0, index, q1);
    const __m512i high = _mm512_permutex2var_epi8(q2, index, q3);
    _mm512_storeu_si512(to + i, _mm512_mask_blend_epi8(_mm512_movepi8_mask(index), low, high));
  }
  return i;
}

#else

// Looks up whole vectors in the sixteenths of the table in turn: an index outside the sixteenth
// becomes 128 or more, for which the shuffle gives 0. Returns where it stopped.
//   flip  makes an index of a byte
size_t LookUpVectors(const ByteTable& table, uint8_t flip, const uint8_t* from, size_t count,
                     uint8_t* to) {
  constexpr size_t kPart = 16;
  const hn::ScalableTag<uint8_t> d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    auto index = hn::Xor(hn::LoadU(d, from + i), hn::Set(d, flip));
    auto found = hn::Zero(d);
    for (size_t part = 0; part < table.size(); part += kPart) {
      const auto inside = hn::SaturatedAdd(index, hn::Set(d, uint8_t{128 - kPart}));
      found =
          hn::Or(found, hn::TableLookupBytesOr0(hn::LoadDup128(d, table.data() + part), inside));
      index = hn::Sub(index, hn::Set(d, uint8_t{kPart}));
    }
    hn::StoreU(found, d, to + i);
  }
  return i;
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace qconvert
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qconvert {
namespace {

HWY_EXPORT(LookUpVectors);

class LookupKernel : public Kernel {
 public:
  LookupKernel(const PrepareContext& context, const Int8Table& table)
      : flip_(kSignFlip ^ context.InputFlip(0)),
        elements_(static_cast<size_t>(context.outputs[0]->elements())) {
    for (size_t i = 0; i < table_.size(); ++i) {
      table_[i] = static_cast<uint8_t>(table[i] ^ context.OutputFlip(0));
    }
  }

  std::string_view primitive() const override { return "table:s8"; }
  bool HonoursFlips() const override { return true; }

  void Run(const Buffers& buffers) const override {
    const auto* from = reinterpret_cast<const uint8_t*>(buffers.inputs[0]);
    auto* to = reinterpret_cast<uint8_t*>(buffers.outputs[0]);
    SplitRange(buffers, elements_, [&](size_t first, size_t count) {
      LookUpBytes(table_, flip_, from + first, count, to + first);
    });
  }

 private:
  alignas(16) ByteTable table_;  // by the number + 128
  uint8_t flip_;
  size_t elements_;
};

}  // namespace

void LookUpBytes(const ByteTable& table, uint8_t flip, const uint8_t* from, size_t count,
                 uint8_t* to) {
  for (size_t i = HWY_DYNAMIC_DISPATCH(LookUpVectors)(table, flip, from, count, to); i < count;
       ++i) {
    to[i] = table[from[i] ^ flip];
  }
}

std::unique_ptr<Kernel> MakeLookupKernel(const PrepareContext& context, const Int8Table& table) {
  return std::make_unique<LookupKernel>(context, table);
}

}  // namespace qconvert
#endif  // HWY_ONCE
