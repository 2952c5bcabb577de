// Pictures changed at random, so that a training sees more of them than there are. After
// preprocessing.h; a training draws anew in each epoch.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lib/samples/preprocessing.h"

namespace qconvert {

/// How pictures are changed (He et al. 2015, arXiv:1512.03385, section 4.2).
struct Augmentation {
  bool flip = false;    ///< mirrors left and right of every other picture
  int padded_crop = 0;  ///< pixels of black around a picture, out of which its size is cut

  bool any() const { return flip || padded_crop > 0; }
};

/// Returns what a preprocessing makes of a black pixel.
///   result  [C]
///   Throws Error(kUsage) as Preprocess does.
std::vector<float> BlackOf(const Preprocessing& preprocessing, const PictureTarget& target);

/// Changes a picture.
///   black   [C], as BlackOf returns it
///   seed    draws the change
///   values  float32 [C,H,W] or [H,W,C] of the target
void Augment(const Augmentation& augmentation, const PictureTarget& target,
             std::span<const float> black, uint64_t seed, std::span<float> values);

}  // namespace qconvert
