// Which samples the tools read, and how pictures become values.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#pragma GCC visibility push(default)

namespace qconvert {

/// How pictures become input values. Sides are in pixels, 16384 at most.
struct PictureOptions {
  int resize = 0;                          ///< of the shorter side; 0: just enough for the crop
  int crop_height = 0, crop_width = 0;     ///< 0: the model's input
  float pixel_range = 1;                   ///< 1: pixels / 255; 255: as they are
  std::vector<float> mean = {}, std = {};  ///< one value or one per channel; empty: 0 and 1
  enum class Channels { kRgb, kBgr };
  Channels channels = Channels::kRgb;
};

/// Where samples come from.
struct DataOptions {
  std::vector<std::string> paths = {};  ///< "PATH", or "NAME=PATH" for models with several inputs
  size_t samples = 0;                   ///< at most so many; 0: all
  /// Unset: Convert takes the defaults above, Evaluate what the file remembers.
  std::optional<PictureOptions> preprocessing = {};
};

}  // namespace qconvert

#pragma GCC visibility pop
