// How a decoded picture becomes a model's input values. Stored in the file's metadata, so that
// qeval repeats what qconvert did.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/graph/shape.h"
#include "lib/samples/picture.h"

namespace qconvert {

/// Resize, crop, scale, normalise: value = (pixel - mean) / std, pixel in 0..1 (or 0..255).
struct Preprocessing {
  int resize = 0;                       ///< pixels of the shorter side; 0: just enough for the crop
  int crop_height = 0, crop_width = 0;  ///< pixels; 0: the model's input
  float pixel_range = 1;                ///< 1: pixels are divided by 255; 255: they are not
  std::vector<float> mean, std;         ///< one value, or one per channel; empty: 0 and 1
  bool bgr = false;

  friend bool operator==(const Preprocessing&, const Preprocessing&) = default;
};

/// Writes it as a line of JSON.
std::string ToText(const Preprocessing& preprocessing);
/// Reads what ToText wrote.
///   Throws Error(kUnusable) on anything else.
Preprocessing PreprocessingFromText(const std::string& text);

/// Where a picture goes: one input of a model.
struct PictureTarget {
  int height = 0, width = 0, channels = 0;  ///< of the model's input
  bool nchw = true;                         ///< order of the values written
};

/// Returns the target that an input shape [1,C,H,W] (or [1,H,W,C] when the last axis is the
/// channels) describes.
///   Throws Error(kUsage) when the shape is not one picture of 1, 3 or 4 channels.
PictureTarget PictureTargetOf(const Shape& shape);

/// Returns the same where the shape is one picture of 1, 3 or 4 channels; else nothing.
std::optional<PictureTarget> FindPictureTarget(const Shape& shape);

/// Converts a picture: shorter side resized (antialiased bilinear), centre crop, normalisation.
///   values  float32 [C,H,W] or [H,W,C] of the target
///   Throws Error(kUsage) when crop, mean or std do not fit the target.
void Preprocess(Picture picture, const Preprocessing& preprocessing, const PictureTarget& target,
                std::span<float> values);

}  // namespace qconvert
