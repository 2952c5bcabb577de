#include "lib/kernels/lookup.h"

#include "lib/kernels/split_range.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/lookup.cc"
#include <hwy/foreach_target.h>
// foreach_target must come before highway.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace qconvert {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Looks up whole vectors in the sixteenths of the table in turn: an index outside the sixteenth
// becomes 128 or more, for which the shuffle gives 0. Returns where it stopped.
size_t LookUpVectors(const Int8Table& table, const int8_t* from, size_t count, int8_t* to) {
  constexpr size_t kPart = 16;
  const hn::ScalableTag<uint8_t> d;
  const size_t lanes = hn::Lanes(d);
  const auto* entries = reinterpret_cast<const uint8_t*>(table.data());
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto q = hn::LoadU(d, reinterpret_cast<const uint8_t*>(from) + i);
    auto index = hn::Xor(q, hn::Set(d, uint8_t{128}));
    auto found = hn::Zero(d);
    for (size_t part = 0; part < table.size(); part += kPart) {
      const auto inside = hn::SaturatedAdd(index, hn::Set(d, uint8_t{128 - kPart}));
      found = hn::Or(found, hn::TableLookupBytesOr0(hn::LoadDup128(d, entries + part), inside));
      index = hn::Sub(index, hn::Set(d, uint8_t{kPart}));
    }
    hn::StoreU(found, d, reinterpret_cast<uint8_t*>(to) + i);
  }
  return i;
}

}  // namespace HWY_NAMESPACE
}  // namespace qconvert
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qconvert {
namespace {

HWY_EXPORT(LookUpVectors);

class LookupKernel : public Kernel {
 public:
  LookupKernel(const Int8Table& table, size_t elements) : table_(table), elements_(elements) {}

  std::string_view primitive() const override { return "table:s8"; }

  void Run(const Buffers& buffers) const override {
    const auto* from = reinterpret_cast<const int8_t*>(buffers.inputs[0]);
    auto* to = reinterpret_cast<int8_t*>(buffers.outputs[0]);
    SplitRange(buffers, elements_, [&](size_t first, size_t count) {
      const size_t done =
          first + HWY_DYNAMIC_DISPATCH(LookUpVectors)(table_, from + first, count, to + first);
      const size_t left = first + count - done;
      LookUp(table_, {from + done, left}, {to + done, left});
    });
  }

 private:
  alignas(16) Int8Table table_;
  size_t elements_;
};

}  // namespace

std::unique_ptr<Kernel> MakeLookupKernel(const Int8Table& table, size_t elements) {
  return std::make_unique<LookupKernel>(table, elements);
}

}  // namespace qconvert
#endif  // HWY_ONCE
