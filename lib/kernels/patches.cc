#include "lib/kernels/patches.h"

#include <algorithm>

namespace qconvert {

void GatherPatches(const PatchLayout& layout, std::span<const Taps> places, const float* image,
                   float* patches) {
  std::fill_n(patches, places.size() * layout.columns(), 0.0F);
  for (const Taps& taps : places) {
    taps.ForEach([&](size_t tap, size_t pixel) {
      std::copy_n(image + pixel * layout.channels + layout.first, layout.depth,
                  patches + tap * layout.depth);
    });
    patches += layout.columns();
  }
}

void ScatterPatches(const PatchLayout& layout, std::span<const Taps> places, const float* patches,
                    float* image) {
  for (const Taps& taps : places) {
    taps.ForEach([&](size_t tap, size_t pixel) {
      float* to = image + pixel * layout.channels + layout.first;
      const float* from = patches + tap * layout.depth;
      for (size_t c = 0; c < layout.depth; ++c) to[c] += from[c];
    });
    patches += layout.columns();
  }
}

}  // namespace qconvert
