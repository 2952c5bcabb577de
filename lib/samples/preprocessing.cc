#include "lib/samples/preprocessing.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <nlohmann/json.hpp>

#include "lib/base/error.h"

namespace qconvert {
namespace {

Picture Crop(const Picture& picture, int height, int width) {
  const int top = (picture.height - height) / 2, left = (picture.width - width) / 2;
  Picture crop{height, width, picture.channels, {}};
  const auto channels = static_cast<size_t>(picture.channels);
  const size_t row = static_cast<size_t>(width) * channels;
  for (int y = 0; y < height; ++y) {
    const size_t at = (static_cast<size_t>(top + y) * static_cast<size_t>(picture.width) +
                       static_cast<size_t>(left)) *
                      channels;
    crop.pixels.insert(crop.pixels.end(), picture.pixels.begin() + static_cast<std::ptrdiff_t>(at),
                       picture.pixels.begin() + static_cast<std::ptrdiff_t>(at + row));
  }
  return crop;
}

/// A crop is fitted to the model's input: far from its size it is a slip, and may take minutes.
void RequireLikelyCrop(int side, int target_side) {
  constexpr int kMostTimes = 4;
  if (side <= kMostTimes * target_side && kMostTimes * side >= target_side) return;
  Fail(ErrorKind::kUsage, "a --crop of " + std::to_string(side) + " pixels for an input of " +
                              std::to_string(target_side) +
                              "; without --crop it has the input's size");
}

/// Resizes so that the crop fits, cuts its middle out, and fits that to the model's input.
Picture ResizeAndCrop(Picture picture, const Preprocessing& preprocessing,
                      const PictureTarget& target) {
  const int crop_height = preprocessing.crop_height > 0 ? preprocessing.crop_height : target.height;
  const int crop_width = preprocessing.crop_width > 0 ? preprocessing.crop_width : target.width;
  RequireLikelyCrop(crop_height, target.height);
  RequireLikelyCrop(crop_width, target.width);
  const double just_enough = std::max(static_cast<double>(crop_height) / picture.height,
                                      static_cast<double>(crop_width) / picture.width);
  const double scale = preprocessing.resize > 0 ? static_cast<double>(preprocessing.resize) /
                                                      std::min(picture.height, picture.width)
                                                : just_enough;
  if (picture.height * scale * (picture.width * scale) > static_cast<double>(kMostPixels)) {
    Fail(ErrorKind::kUnusable, "a picture of " + std::to_string(picture.height) + "x" +
                                   std::to_string(picture.width) +
                                   " would have more than 2^28 pixels when resized for the crop");
  }
  const int height = static_cast<int>(std::lround(picture.height * scale));
  const int width = static_cast<int>(std::lround(picture.width * scale));
  if (height < crop_height || width < crop_width) {
    Fail(ErrorKind::kUsage, "a picture resized to " + std::to_string(height) + "x" +
                                std::to_string(width) + " is smaller than the crop " +
                                std::to_string(crop_height) + "x" + std::to_string(crop_width) +
                                "; raise --resize or lower --crop");
  }
  return Resize(Crop(Resize(std::move(picture), height, width), crop_height, crop_width),
                target.height, target.width);
}

/// Returns a pixel's value in channel c of the target: RGB as they are, grey replicated, luma made.
float PixelValue(const uint8_t* pixel, int picture_channels, int target_channels, int c) {
  if (picture_channels == 1) return pixel[0];
  if (target_channels == 1) {
    return 0.299F * pixel[0] + 0.587F * pixel[1] + 0.114F * pixel[2];  // ITU-R BT.601
  }
  return pixel[c];
}

/// Returns value c of "one, or one per channel".
float PerChannel(const std::vector<float>& values, int c, int channels, float otherwise,
                 const char* flag) {
  for (float value : values) {
    if (!std::isfinite(value)) Fail(ErrorKind::kUsage, std::string(flag) + " is not finite");
  }
  if (values.empty()) return otherwise;
  if (values.size() == 1) return values[0];
  if (values.size() != static_cast<size_t>(channels)) {
    Fail(ErrorKind::kUsage, std::string(flag) + " has " + std::to_string(values.size()) +
                                " values for an input of " + std::to_string(channels) +
                                " channels");
  }
  return values[static_cast<size_t>(c)];
}

}  // namespace

std::string ToText(const Preprocessing& p) {
  return nlohmann::json{{"resize", p.resize},
                        {"crop", {p.crop_height, p.crop_width}},
                        {"pixel_range", p.pixel_range},
                        {"mean", p.mean},
                        {"std", p.std},
                        {"channels", p.bgr ? "bgr" : "rgb"}}
      .dump();
}

Preprocessing PreprocessingFromText(const std::string& text) {
  try {
    const auto json = nlohmann::json::parse(text);
    Preprocessing p;
    p.resize = json.at("resize").get<int>();
    p.crop_height = json.at("crop").at(0).get<int>();
    p.crop_width = json.at("crop").at(1).get<int>();
    p.pixel_range = json.at("pixel_range").get<float>();
    p.mean = json.at("mean").get<std::vector<float>>();
    p.std = json.at("std").get<std::vector<float>>();
    p.bgr = json.at("channels").get<std::string>() == "bgr";
    return p;
  } catch (const nlohmann::json::exception& error) {
    Fail(ErrorKind::kUnusable,
         std::string("the preprocessing it remembers is damaged: ") + error.what());
  }
}

std::optional<PictureTarget> FindPictureTarget(const Shape& shape) {
  const auto is_channels = [](int64_t dim) { return dim == 1 || dim == 3 || dim == 4; };
  if (shape.size() != 4 || shape[0] != 1 || NumElements(shape) > kMostPixels) return std::nullopt;
  const auto dim = [&](size_t i) { return static_cast<int>(shape[i]); };
  if (is_channels(shape[1])) return PictureTarget{dim(2), dim(3), dim(1), true};
  if (is_channels(shape[3])) return PictureTarget{dim(1), dim(2), dim(3), false};
  return std::nullopt;
}

PictureTarget PictureTargetOf(const Shape& shape) {
  if (const auto target = FindPictureTarget(shape)) return *target;
  Fail(ErrorKind::kUsage,
       "pictures do not fit an input of shape " + ToText(shape) + "; give samples as .npy or .npz");
}

void Preprocess(Picture picture, const Preprocessing& preprocessing, const PictureTarget& target,
                std::span<float> values) {
  const Picture crop = ResizeAndCrop(std::move(picture), preprocessing, target);
  const int channels = target.channels;
  if (channels == 4) Fail(ErrorKind::kUsage, "pictures have 3 channels, the model's input has 4");
  const auto pixels = static_cast<size_t>(target.height) * static_cast<size_t>(target.width);
  for (int c = 0; c < channels; ++c) {
    const int source = preprocessing.bgr ? channels - 1 - c : c;
    const float mean = PerChannel(preprocessing.mean, c, channels, 0, "--mean");
    const float std = PerChannel(preprocessing.std, c, channels, 1, "--std");
    if (std == 0) Fail(ErrorKind::kUsage, "--std is 0");
    if (std < 0) Fail(ErrorKind::kUsage, "--std is negative: a deviation is above 0");
    const float unit = preprocessing.pixel_range == 1 ? 255.0F : 1.0F;
    for (size_t i = 0; i < pixels; ++i) {
      const uint8_t* pixel = &crop.pixels[i * static_cast<size_t>(crop.channels)];
      const float value = PixelValue(pixel, crop.channels, channels, source) / unit;
      const size_t at = target.nchw ? static_cast<size_t>(c) * pixels + i
                                    : i * static_cast<size_t>(channels) + static_cast<size_t>(c);
      values[at] = (value - mean) / std;
    }
  }
}

}  // namespace qconvert
