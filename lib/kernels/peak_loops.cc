#include "lib/kernels/peak_loops.h"

#include <string_view>

#include "lib/kernels/instructions.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/peak_loops.cc"
#include <hwy/foreach_target.h>
// foreach_target must come before highway.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace qconvert {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D32 = hn::ScalableTag<int32_t>;

/// Makes the compiler forget what it knows of a vector, so that it repeats what it did with it.
template <class V>
HWY_INLINE void Forget(V& vector) {
  asm volatile("" : "+v"(vector.raw));
}

/// Pairs of 16-bit integers.
struct Widened {
  using D = hn::ScalableTag<int16_t>;
  using Sum = hn::Vec<D32>;
  static constexpr std::string_view kName = "pmaddwd";
  static constexpr int64_t kPerLane = 2;

  static HWY_INLINE Sum Zero() { return hn::Zero(D32()); }
  static HWY_INLINE void MultiplyAdd(hn::Vec<D>& x, hn::Vec<D> weights, Sum& sum) {
    Forget(x);
    auto unused = hn::Zero(D32());
    sum = hn::ReorderWidenMulAccumulate(D32(), x, weights, sum, unused);
  }
};

#if HWY_TARGET <= HWY_AVX2
/// Groups of four: unsigned by signed. In assembler, for these targets are of processors without
/// the instruction too; below AVX-512 it is AVX-VNNI's.
struct Vnni {
  using D = hn::ScalableTag<int8_t>;
  using Sum = hn::Vec<D32>;
  static constexpr std::string_view kName = "vpdpbusd";
  static constexpr int64_t kPerLane = 4;

  static HWY_INLINE Sum Zero() { return hn::Zero(D32()); }
  static HWY_INLINE void MultiplyAdd(hn::Vec<D>& x, hn::Vec<D> weights, Sum& sum) {
#if HWY_TARGET <= HWY_AVX3
    asm volatile("vpdpbusd %2, %1, %0" : "+v"(sum.raw) : "v"(x.raw), "v"(weights.raw));
#else
    asm volatile("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum.raw) : "x"(x.raw), "x"(weights.raw));
#endif
  }
};
#else
using Vnni = Widened;
#endif

struct Float {
  using D = hn::ScalableTag<float>;
  using Sum = hn::Vec<D>;
  static constexpr int64_t kPerLane = 1;

  static HWY_INLINE Sum Zero() { return hn::Zero(D()); }
  static HWY_INLINE void MultiplyAdd(hn::Vec<D>& x, hn::Vec<D> weights, Sum& sum) {
    Forget(x);
    sum = hn::MulAdd(x, weights, sum);
  }
};

/// Sums that do not wait for each other. Members, not arrays: compilers keep them in registers.
template <class Way, size_t kSums>
struct Sums {
  typename Way::Sum sum;
  Sums<Way, kSums - 1> others;

  HWY_INLINE void Start() {
    sum = Way::Zero();
    others.Start();
  }
  HWY_INLINE void Add(hn::Vec<typename Way::D>& x, hn::Vec<typename Way::D> weights) {
    Way::MultiplyAdd(x, weights, sum);
    others.Add(x, weights);
  }
  HWY_INLINE void Use() {
    Forget(sum);
    others.Use();
  }
};
template <class Way>
struct Sums<Way, 0> {
  HWY_INLINE void Start() {}
  HWY_INLINE void Add(hn::Vec<typename Way::D>&, hn::Vec<typename Way::D>) {}
  HWY_INLINE void Use() {}
};

template <class Way>
int64_t MultiplyAdd(int64_t turns) {
  // Two a cycle that take up to five cycles each need ten.
  constexpr size_t kSums = 12;
  const typename Way::D d;
  using T = hn::TFromD<typename Way::D>;
  auto x = hn::Set(d, static_cast<T>(3));
  const auto weights = hn::Set(d, static_cast<T>(5));
  Sums<Way, kSums> sums;
  sums.Start();
  for (int64_t turn = 0; turn < turns; ++turn) sums.Add(x, weights);
  sums.Use();
  return turns * static_cast<int64_t>(kSums * hn::Lanes(D32())) * Way::kPerLane;
}

int64_t MultiplyInt8(bool vnni, int64_t turns) {
  return vnni ? MultiplyAdd<Vnni>(turns) : MultiplyAdd<Widened>(turns);
}

int64_t MultiplyFloat(int64_t turns) { return MultiplyAdd<Float>(turns); }

std::string Instruction(bool vnni) {
  const std::string bits = std::to_string(32 * hn::Lanes(D32()));
  return std::string(vnni ? Vnni::kName : Widened::kName) + ", " + bits + " bits";
}

void Read(std::span<const std::byte> memory) {
  const size_t step = sizeof(int32_t) * hn::Lanes(D32());
  auto a = hn::Zero(D32()), b = a, c = a, d = a;
  const auto add = [](auto& sum, const std::byte* from) HWY_ATTR {
    sum = hn::Add(sum, hn::Load(D32(), reinterpret_cast<const int32_t*>(from)));
  };
  const std::byte* const end = memory.data() + memory.size();
  for (const std::byte* from = memory.data(); from < end; from += 4 * step) {
    add(a, from);
    add(b, from + step);
    add(c, from + 2 * step);
    add(d, from + 3 * step);
  }
  Forget(a);
  Forget(b);
  Forget(c);
  Forget(d);
}

}  // namespace HWY_NAMESPACE
}  // namespace qconvert
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qconvert {
namespace {

HWY_EXPORT(MultiplyInt8);
HWY_EXPORT(MultiplyFloat);
HWY_EXPORT(Instruction);
HWY_EXPORT(Read);

/// The operand of LDTILECFG, as Intel's manual gives it: eight tiles of 16 rows of 64 bytes.
struct TileShapes {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
static_assert(sizeof(TileShapes) == 64);

/// oneDNN asks the kernel for the tiles when it looks whether there are any.
bool HasTiles() { return InstructionsName() == "avx512_amx"; }

/// An instruction gives 16 x 16 sums of 64 products in 16 cycles, and its result waits for 52.
int64_t MultiplyTiles(int64_t turns) {
  constexpr int64_t kPerTurn = 4 * 16 * 16 * 64;
  const TileShapes shapes;
  asm volatile("ldtilecfg %0" : : "m"(shapes));
  asm volatile(
      "tilezero %tmm0\n tilezero %tmm1\n tilezero %tmm2\n tilezero %tmm3\n"
      "tilezero %tmm6\n tilezero %tmm7");
  for (int64_t turn = 0; turn < turns; ++turn) {
    asm volatile(
        "tdpbusd %tmm7, %tmm6, %tmm0\n tdpbusd %tmm7, %tmm6, %tmm1\n"
        "tdpbusd %tmm7, %tmm6, %tmm2\n tdpbusd %tmm7, %tmm6, %tmm3");
  }
  asm volatile("tilerelease");
  return turns * kPerTurn;
}

}  // namespace

std::string Int8Instruction() {
  if (HasTiles()) return "tdpbusd, 16x64 tiles";
  return HWY_DYNAMIC_DISPATCH(Instruction)(HasExactInt8Dot());
}

int64_t MultiplyAddInt8(int64_t turns) {
  constexpr int64_t kTurnsPerTileTurn = 6;
  if (HasTiles()) return MultiplyTiles(turns / kTurnsPerTileTurn);
  return HWY_DYNAMIC_DISPATCH(MultiplyInt8)(HasExactInt8Dot(), turns);
}

int64_t MultiplyAddFloat(int64_t turns) { return HWY_DYNAMIC_DISPATCH(MultiplyFloat)(turns); }

void ReadBlocks(std::span<const std::byte> memory) { HWY_DYNAMIC_DISPATCH(Read)(memory); }

}  // namespace qconvert
#endif
