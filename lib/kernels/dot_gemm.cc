#include "lib/kernels/dot_gemm.h"

#include <algorithm>
#include <array>
#include <utility>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/dot_gemm.cc"
#include <hwy/foreach_target.h>
// foreach_target must come before highway.
#include <hwy/highway.h>
// the requantizer needs highway.
#include "lib/kernels/byte_requantizer.inc"

HWY_BEFORE_NAMESPACE();
namespace qconvert {
namespace HWY_NAMESPACE {
#if HWY_TARGET <= HWY_AVX3
namespace hn = hwy::HWY_NAMESPACE;

// A vector is the 16 outputs of a panel.
using D32 = hn::CappedTag<int32_t, kPanelColumns>;
using D8 = hn::Repartition<int8_t, D32>;
using V32 = hn::Vec<D32>;
using V8 = hn::Vec<D8>;

/// In assembler: this target is of processors without the instruction too.
HWY_INLINE void MultiplyAdd(V32& sum, V8 x, V8 weights) {
  asm("vpdpbusd %2, %1, %0" : "+v"(sum.raw) : "v"(x.raw), "v"(weights.raw));
}

/// Four products' weights of neighbouring panels. Members, not arrays: compilers keep them in
/// registers.
template <size_t kPanels>
struct PanelWeights {
  V8 weights;
  PanelWeights<kPanels - 1> others;

  HWY_INLINE void Load(const int8_t* from, size_t panel_bytes) {
    weights = hn::LoadU(D8(), from);
    others.Load(from + panel_bytes, panel_bytes);
  }
  /// Brings weights into the core's L2.
  HWY_INLINE void Fetch(const int8_t* from, size_t panel_bytes) const {
    _mm_prefetch(reinterpret_cast<const char*>(from), _MM_HINT_T1);
    others.Fetch(from + panel_bytes, panel_bytes);
  }
};
template <>
struct PanelWeights<0> {
  HWY_INLINE void Load(const int8_t*, size_t) {}
  HWY_INLINE void Fetch(const int8_t*, size_t) const {}
};

/// The sums of one window by neighbouring panels.
template <size_t kPanels>
struct PanelSums {
  V32 sum;
  PanelSums<kPanels - 1> others;

  HWY_INLINE void Start(const int32_t* bias) {
    sum = hn::LoadU(D32(), bias);
    others.Start(bias + kPanelColumns);
  }
  HWY_INLINE void Add(V8 x, const PanelWeights<kPanels>& panels) {
    MultiplyAdd(sum, x, panels.weights);
    others.Add(x, panels.others);
  }
  HWY_INLINE void AddAll(V32 bias) {
    sum = hn::Add(sum, bias);
    others.AddAll(bias);
  }
  template <size_t kPanel>
  HWY_INLINE V32 Get() const {
    if constexpr (kPanel == 0) {
      return sum;
    } else {
      return others.template Get<kPanel - 1>();
    }
  }
};
template <>
struct PanelSums<0> {
  HWY_INLINE void Start(const int32_t*) {}
  HWY_INLINE void Add(V8, const PanelWeights<0>&) {}
  HWY_INLINE void AddAll(V32) {}
};

/// The sums of several windows.
template <size_t kRows, size_t kPanels>
struct Tile {
  PanelSums<kPanels> sums;
  const uint8_t* row;
  Tile<kRows - 1, kPanels> others;

  HWY_INLINE void Start(const uint8_t* const* starts, const int32_t* bias) {
    row = *starts;
    sums.Start(bias);
    others.Start(starts + 1, bias);
  }
  HWY_INLINE void Add(size_t at, const PanelWeights<kPanels>& panels) {
    int32_t four;
    __builtin_memcpy(&four, row + at, sizeof(four));
    sums.Add(hn::BitCast(D8(), hn::Set(D32(), four)), panels);
    others.Add(at, panels);
  }
  HWY_INLINE void AddBias(const int32_t* row_bias) {
    sums.AddAll(hn::Set(D32(), *row_bias));
    others.AddBias(row_bias + 1);
  }
  template <size_t kRow>
  HWY_INLINE const PanelSums<kPanels>& Row() const {
    if constexpr (kRow == 0) {
      return sums;
    } else {
      return others.template Row<kRow - 1>();
    }
  }
};
template <size_t kPanels>
struct Tile<0, kPanels> {
  HWY_INLINE void Start(const uint8_t* const*, const int32_t*) {}
  HWY_INLINE void Add(size_t, const PanelWeights<kPanels>&) {}
  HWY_INLINE void AddBias(const int32_t*) {}
};

/// A product of all windows.
struct Product {
  const ByteWindows& windows;
  const DotPanels& weights;
  uint8_t* result;
  size_t stride;
};

/// Where a tile's bytes go.
struct TilePlace {
  uint8_t* result;
  size_t stride;
  size_t channel;  ///< the first
  size_t columns;  ///< outputs of a row that exist
};

/// Returns the steps of one vector of sums, counted from row kRow on; the last row stands for those
/// after it.
template <size_t kRow, size_t kVector, size_t kRows, size_t kPanels>
HWY_INLINE __m512i StepsOf(const Tile<kRows, kPanels>& tile, const ByteRequantizer& requantizer,
                           const TilePlace& place) {
  constexpr size_t kOf = std::min(kRow + kVector / kPanels, kRows - 1), kPanel = kVector % kPanels;
  return requantizer.Steps(tile.template Row<kOf>().template Get<kPanel>(),
                           place.channel + kPanel * kPanelColumns);
}

/// Stores rows of one, two or four panels from row kRow on.
template <size_t kRow, size_t kRows, size_t kPanels>
HWY_INLINE void StoreRows(const Tile<kRows, kPanels>& tile, const ByteRequantizer& requantizer,
                          const TilePlace& place) {
  constexpr size_t kTogether = std::min(4 / kPanels, kRows - kRow);
  const __m512i bytes = requantizer.Bytes(
      StepsOf<kRow, 0>(tile, requantizer, place), StepsOf<kRow, 1>(tile, requantizer, place),
      StepsOf<kRow, 2>(tile, requantizer, place), StepsOf<kRow, 3>(tile, requantizer, place));
  uint8_t* to = place.result + kRow * place.stride;
  if constexpr (kPanels == 1) {
    StoreQuarters<0, kTogether>(bytes, place.columns, to, place.stride);
  } else {
    StoreBytes<16 * kPanels>(bytes, place.columns, to);
  }
  if constexpr (kPanels == 2 && kTogether == 2) {
    const __m512i second = _mm512_castsi256_si512(_mm512_extracti64x4_epi64(bytes, 1));
    StoreBytes<32>(second, place.columns, to + place.stride);
  }
  if constexpr (kRow + kTogether < kRows) StoreRows<kRow + kTogether>(tile, requantizer, place);
}

/// Computes kRows windows from `row` on by kPanels panels from `panel` on.
template <size_t kRows, size_t kPanels>
void MultiplyTile(const Product& product, size_t row, size_t panel) {
  const DotPanels& weights = product.weights;
  const size_t channel = panel * kPanelColumns, steps = weights.steps;
  const size_t panel_bytes = weights.panel_bytes();
  const int8_t* numbers = weights.panel(panel);
  Tile<kRows, kPanels> tile;
  tile.Start(&product.windows.starts[row], weights.bias + channel);
  for (size_t piece = 0; piece < weights.pieces; ++piece) {
    size_t at = product.windows.offsets[piece];
    for (size_t step = 0; step < steps; ++step) {
      PanelWeights<kPanels> panels;
      panels.Load(numbers, panel_bytes);
      panels.Fetch(numbers + kPanels * panel_bytes, panel_bytes);
      tile.Add(at, panels);
      numbers += kDotProducts * kPanelColumns;
      at += kDotProducts;
    }
  }
  if (product.windows.row_bias != nullptr) tile.AddBias(product.windows.row_bias + row);
  StoreRows<0>(tile, ByteRequantizer(*weights.requantization),
               {product.result + row * product.stride + channel, product.stride, channel,
                weights.outputs - channel});
}

using TileFunction = void (*)(const Product&, size_t row, size_t panel);

template <size_t kPanels, size_t... kRowsLessOne>
constexpr auto TilesOf(std::index_sequence<kRowsLessOne...>) {
  return std::array<TileFunction, sizeof...(kRowsLessOne)>{
      MultiplyTile<kRowsLessOne + 1, kPanels>...};
}

// The sums of a tile, its weights and an input fit into 32 registers.
constexpr size_t kMostRows = 12, kMostRowsByFour = 6;
constexpr auto kByOne = TilesOf<1>(std::make_index_sequence<kMostRows>());
constexpr auto kByTwo = TilesOf<2>(std::make_index_sequence<kMostRows>());
constexpr auto kByFour = TilesOf<4>(std::make_index_sequence<kMostRowsByFour>());

/// Calls visit(first, count) for parts of [first, first + count) that have at most `most` each and
/// are as equal as can be.
template <class Visit>
void ForEachPart(size_t first, size_t count, size_t most, const Visit& visit) {
  const size_t parts = (count + most - 1) / most;
  for (size_t part = 0; part < parts; ++part) {
    const size_t begin = count * part / parts, end = count * (part + 1) / parts;
    visit(first + begin, end - begin);
  }
}

/// Computes windows [first_row, first_row + rows) by the panels [panel, last_panel).
void MultiplyBlock(const Product& product, size_t first_row, size_t rows, size_t panel,
                   size_t last_panel) {
  while (panel < last_panel) {
    const size_t left = last_panel - panel, panels = left >= 4 ? 4 : left >= 2 ? 2 : 1;
    const TileFunction* tiles = panels == 4   ? kByFour.data()
                                : panels == 2 ? kByTwo.data()
                                              : kByOne.data();
    ForEachPart(first_row, rows, panels == 4 ? kMostRowsByFour : kMostRows,
                [&](size_t row, size_t count) { tiles[count - 1](product, row, panel); });
    panel += panels;
  }
}

/// Weights that a core's L1 holds stay there while the windows go by; else those of some panels do.
void Multiply(const ByteWindows& windows, const DotPanels& weights, size_t first_panel,
              size_t last_panel, uint8_t* result, size_t stride) {
  constexpr size_t kFewBytes = size_t{3} << 13;
  const Product product{windows, weights, result, stride};
  const size_t rows = windows.starts.size();
  const bool few = (last_panel - first_panel) * weights.panel_bytes() <= kFewBytes;
  ForEachPart(0, rows, few ? kMostRows : rows, [&](size_t row, size_t count) {
    MultiplyBlock(product, row, count, first_panel, last_panel);
  });
}

DotFunction MultiplyHere() { return Multiply; }

#else

DotFunction MultiplyHere() { return nullptr; }

#endif
}  // namespace HWY_NAMESPACE
}  // namespace qconvert
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qconvert {

HWY_EXPORT(MultiplyHere);

DotFunction DotFunctionHere() { return HWY_DYNAMIC_DISPATCH(MultiplyHere)(); }

DotWeights::DotWeights(std::span<const int8_t> weights, const PanelShape& shape,
                       Requantization requantization)
    : shape_(shape), requantization_(std::move(requantization)) {
  constexpr size_t kStepBytes = kPanelColumns * kDotProducts;
  const size_t panel_bytes = panels().panel_bytes(), count = panels().count();
  numbers_ = AlignedBytes(count * panel_bytes);
  const int8_t* from = weights.data();
  for (size_t output = 0; output < shape.outputs; ++output) {
    int8_t* to = reinterpret_cast<int8_t*>(numbers_.data()) + output / kPanelColumns * panel_bytes +
                 output % kPanelColumns * kDotProducts;
    for (size_t piece = 0; piece < shape.pieces; ++piece) {
      for (size_t k = 0; k < shape.length; ++k) {
        to[k / kDotProducts * kStepBytes + k % kDotProducts] = from[k];
      }
      from += shape.length;
      to += panels().steps * kStepBytes;
    }
  }
  requantization_.bias.resize(count * kPanelColumns, 0);
  requantization_.multiplier.resize(count * kPanelColumns, 0);
}

}  // namespace qconvert
#endif
