// What a window reads of an image, place by place, laid out as the rows of a matrix (im2col) and
// added back (col2im). The gradients of convolutions become products of matrices with it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "lib/kernels/window_places.h"

namespace qconvert {

/// Some channels of an image [N,H,W,channels] and a filter's window over them.
struct PatchLayout {
  size_t channels = 0;  ///< of the image
  size_t first = 0;     ///< the first channel of a patch
  size_t depth = 0;     ///< how many channels a patch has
  size_t taps = 1;      ///< KH KW
  size_t columns() const { return taps * depth; }
};

/// Returns how many places to lay out at a time: about 1 MiB of patches.
inline size_t PlacesAtOnce(const PatchLayout& layout) {
  return std::clamp<size_t>((size_t{1} << 18) / layout.columns(), 1, 4096);
}

/// Writes patches [places, taps, depth]; zeros where a tap lies in the padding.
void GatherPatches(const PatchLayout& layout, std::span<const Taps> places, const float* image,
                   float* patches);

/// Adds patches [places, taps, depth] to the pixels that they are of.
void ScatterPatches(const PatchLayout& layout, std::span<const Taps> places, const float* patches,
                    float* image);

/// Calls visit(first, taps) for all places of a window, `at_once` places at a time: `first` counts
/// the places before them, `taps` has one entry for each.
template <typename Visit>
void ForEachPlaces(const Window& window, int64_t filter_h, int64_t filter_w, const Shape& image,
                   const Shape& places, size_t at_once, Visit visit) {
  thread_local std::vector<Taps> taps;  // so that a warm kernel allocates nothing
  taps.clear();
  const auto count = static_cast<size_t>(places[0] * places[1] * places[2]);
  ForEachPlace(window, filter_h, filter_w, image, places, [&](size_t place, const Taps& its) {
    taps.push_back(its);
    if (taps.size() < at_once && place + 1 < count) return;
    visit(place + 1 - taps.size(), std::span<const Taps>(taps));
    taps.clear();
  });
}

}  // namespace qconvert
