#include "lib/samples/augmentation.h"

#include <algorithm>
#include <cmath>

#include "lib/math/drawn_number.h"

namespace qconvert {
namespace {

/// Where a pixel of the changed picture comes from.
struct Move {
  int down = 0, right = 0;
  bool mirrored = false;
};

/// Draws a place among those that a crop can have.
int DrawOffset(int padding, uint64_t seed, uint64_t place) {
  const double drawn = DrawnNumber(seed, place) * (2 * padding + 1);
  return std::min(static_cast<int>(drawn), 2 * padding) - padding;
}

Move DrawMove(const Augmentation& augmentation, uint64_t seed) {
  Move move;
  move.mirrored = augmentation.flip && DrawnNumber(seed, 0) < 0.5;
  move.down = DrawOffset(augmentation.padded_crop, seed, 1);
  move.right = DrawOffset(augmentation.padded_crop, seed, 2);
  return move;
}

/// Returns where a value lies in a picture.
size_t PlaceOf(const PictureTarget& target, int c, int y, int x) {
  const int place = target.nchw ? (c * target.height + y) * target.width + x
                                : (y * target.width + x) * target.channels + c;
  return static_cast<size_t>(place);
}

}  // namespace

std::vector<float> BlackOf(const Preprocessing& preprocessing, const PictureTarget& target) {
  const auto channels = static_cast<size_t>(target.channels);
  Preprocessing pixel = preprocessing;
  pixel.resize = pixel.crop_height = pixel.crop_width = 0;
  std::vector<float> black(channels);
  Preprocess({1, 1, target.channels, std::vector<uint8_t>(channels)}, pixel,
             {1, 1, target.channels, target.nchw}, black);
  return black;
}

void Augment(const Augmentation& augmentation, const PictureTarget& target,
             std::span<const float> black, uint64_t seed, std::span<float> values) {
  const Move move = DrawMove(augmentation, seed);
  const std::vector<float> picture(values.begin(), values.end());
  for (int c = 0; c < target.channels; ++c) {
    for (int y = 0; y < target.height; ++y) {
      for (int x = 0; x < target.width; ++x) {
        const int from_y = y + move.down;
        const int from_x = (move.mirrored ? target.width - 1 - x : x) + move.right;
        const bool inside =
            from_y >= 0 && from_y < target.height && from_x >= 0 && from_x < target.width;
        values[PlaceOf(target, c, y, x)] =
            inside ? picture[PlaceOf(target, c, from_y, from_x)] : black[static_cast<size_t>(c)];
      }
    }
  }
}

}  // namespace qconvert
