#include "lib/samples/picture.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstring>

#include <png.h>

#include "lib/base/error.h"
#include "lib/samples/jpeg.h"

namespace qconvert {
namespace {

/// Drops every `channels`-th value of the pixels.
std::vector<uint8_t> WithoutAlpha(const std::vector<uint8_t>& pixels, size_t channels) {
  std::vector<uint8_t> result;
  result.reserve(pixels.size() - pixels.size() / channels);
  for (size_t i = 0; i < pixels.size(); ++i) {
    if (i % channels != channels - 1) result.push_back(pixels[i]);
  }
  return result;
}

/// libpng's simple reading API keeps its errors in the struct: no longjmp crosses our frames.
Picture DecodePng(std::span<const std::byte> bytes) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  struct Free {
    png_image& image;
    ~Free() { png_image_free(&image); }
  } free_at_end{image};
  if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) == 0) {
    Fail(ErrorKind::kUnusable, std::string("damaged PNG: ") + image.message);
  }
  if (static_cast<int64_t>(image.width) * image.height > kMostPixels) {
    Fail(ErrorKind::kUnusable, "PNG with more than 2^28 pixels");
  }
  const bool color = (image.format & PNG_FORMAT_FLAG_COLOR) != 0;
  const bool alpha = (image.format & PNG_FORMAT_FLAG_ALPHA) != 0;
  image.format = (color ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY) | (alpha ? PNG_FORMAT_FLAG_ALPHA : 0);
  image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;  // 16 bits are not linear light either
  Picture picture{static_cast<int>(image.height), static_cast<int>(image.width), color ? 3 : 1, {}};
  picture.pixels.resize(PNG_IMAGE_SIZE(image));
  // Warnings (a colour profile with a mistake) leave good pixels; cut-off data is an error.
  if (png_image_finish_read(&image, nullptr, picture.pixels.data(), 0, nullptr) == 0) {
    Fail(ErrorKind::kUnusable, std::string("damaged PNG: ") + image.message);
  }
  if (alpha) picture.pixels = WithoutAlpha(picture.pixels, color ? 4 : 2);
  return picture;
}

/// The source pixels that one destination pixel averages, with their weights.
struct Taps {
  int first = 0;
  std::vector<float> weights;
};

std::vector<Taps> TriangleTaps(int from, int to) {
  const double scale = static_cast<double>(from) / to;
  const double support = std::max(scale, 1.0);
  std::vector<Taps> all(static_cast<size_t>(to));
  for (int i = 0; i < to; ++i) {
    const double centre = (i + 0.5) * scale;
    const int first = std::max(0, static_cast<int>(centre - support + 0.5));
    const int last = std::min(from, static_cast<int>(centre + support + 0.5));
    Taps& taps = all[static_cast<size_t>(i)];
    taps.first = first;
    double sum = 0;
    for (int j = first; j < last; ++j) {
      const double weight = std::max(0.0, 1 - std::abs((j + 0.5 - centre) / support));
      taps.weights.push_back(static_cast<float>(weight));
      sum += weight;
    }
    for (float& weight : taps.weights) weight = static_cast<float>(weight / sum);
  }
  return all;
}

uint8_t ToPixel(float value) {
  return static_cast<uint8_t>(std::clamp(std::lround(value), 0L, 255L));
}

/// Resizes along the middle axis of [outer, from, inner].
std::vector<uint8_t> ResizeAxis(const std::vector<uint8_t>& pixels, size_t outer, int from, int to,
                                size_t inner) {
  const std::vector<Taps> taps = TriangleTaps(from, to);
  std::vector<uint8_t> result(outer * static_cast<size_t>(to) * inner);
  std::vector<float> sums(inner);
  for (size_t o = 0; o < outer; ++o) {
    for (size_t i = 0; i < taps.size(); ++i) {
      std::fill(sums.begin(), sums.end(), 0.0F);
      for (size_t k = 0; k < taps[i].weights.size(); ++k) {
        const size_t row = o * static_cast<size_t>(from) + static_cast<size_t>(taps[i].first) + k;
        const uint8_t* source = &pixels[row * inner];
        for (size_t x = 0; x < inner; ++x) sums[x] += taps[i].weights[k] * source[x];
      }
      uint8_t* target = &result[(o * taps.size() + i) * inner];
      for (size_t x = 0; x < inner; ++x) target[x] = ToPixel(sums[x]);
    }
  }
  return result;
}

}  // namespace

Picture DecodePicture(std::span<const std::byte> bytes) {
  constexpr uint8_t kPngMagic[] = {0x89, 'P', 'N', 'G'};
  constexpr uint8_t kJpegMagic[] = {0xFF, 0xD8, 0xFF};
  const auto starts = [&](const auto& magic) {
    return bytes.size() >= sizeof(magic) && std::memcmp(bytes.data(), magic, sizeof(magic)) == 0;
  };
  if (starts(kPngMagic)) return DecodePng(bytes);
  if (starts(kJpegMagic)) return DecodeJpeg(bytes);
  Fail(ErrorKind::kUnusable, "neither a JPEG nor a PNG picture");
}

bool IsPictureName(const std::string& name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string::npos) return false;
  std::string ending = name.substr(dot);
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return ending == ".jpg" || ending == ".jpeg" || ending == ".png";
}

Picture Resize(const Picture& picture, int height, int width) {
  Picture result{height, width, picture.channels, picture.pixels};
  const auto channels = static_cast<size_t>(picture.channels);
  if (width != picture.width) {
    result.pixels = ResizeAxis(result.pixels, static_cast<size_t>(picture.height), picture.width,
                               width, channels);
  }
  if (height != picture.height) {
    result.pixels =
        ResizeAxis(result.pixels, 1, picture.height, height, static_cast<size_t>(width) * channels);
  }
  return result;
}

}  // namespace qconvert
