#include "lib/samples/picture.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstring>
#include <utility>

#include <png.h>

#include "lib/base/check.h"
#include "lib/base/error.h"
#include "lib/samples/jpeg.h"

namespace qconvert {
namespace {

/// Drops every `channels`-th value of the pixels, in place.
void DropAlpha(std::vector<uint8_t>& pixels, size_t channels) {
  size_t kept = 0;
  for (size_t i = 0; i < pixels.size(); ++i) {
    if (i % channels != channels - 1) pixels[kept++] = pixels[i];
  }
  pixels.resize(kept);
}

/// libpng's simple reading API keeps its errors in the struct: no longjmp crosses our frames.
class PngReader {
 public:
  explicit PngReader(std::span<const std::byte> bytes) {
    image.version = PNG_IMAGE_VERSION;
    if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) == 0) FailDamaged();
  }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;
  ~PngReader() { png_image_free(&image); }

  int64_t pixels() const { return int64_t{image.width} * image.height; }
  [[noreturn]] void FailDamaged() const {
    Fail(ErrorKind::kUnusable, std::string("damaged PNG: ") + image.message);
  }

  png_image image{};
};

Picture DecodePng(std::span<const std::byte> bytes) {
  PngReader reader(bytes);
  png_image& image = reader.image;
  if (reader.pixels() > kMostPixels) Fail(ErrorKind::kUnusable, "PNG with more than 2^28 pixels");
  const bool color = (image.format & PNG_FORMAT_FLAG_COLOR) != 0;
  const bool alpha = (image.format & PNG_FORMAT_FLAG_ALPHA) != 0;
  image.format = (color ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY) | (alpha ? PNG_FORMAT_FLAG_ALPHA : 0);
  image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;  // 16 bits are not linear light either
  Picture picture{static_cast<int>(image.height), static_cast<int>(image.width), color ? 3 : 1, {}};
  picture.pixels.resize(PNG_IMAGE_SIZE(image));
  // Warnings (a colour profile with a mistake) leave good pixels; cut-off data is an error.
  if (png_image_finish_read(&image, nullptr, picture.pixels.data(), 0, nullptr) == 0) {
    reader.FailDamaged();
  }
  if (alpha) DropAlpha(picture.pixels, color ? 4 : 2);
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

enum class PictureFormat { kJpeg, kPng };

PictureFormat FormatOf(std::span<const std::byte> bytes) {
  constexpr uint8_t kPngMagic[] = {0x89, 'P', 'N', 'G'};
  constexpr uint8_t kJpegMagic[] = {0xFF, 0xD8, 0xFF};
  const auto starts = [&](const auto& magic) {
    return bytes.size() >= sizeof(magic) && std::memcmp(bytes.data(), magic, sizeof(magic)) == 0;
  };
  if (starts(kPngMagic)) return PictureFormat::kPng;
  if (starts(kJpegMagic)) return PictureFormat::kJpeg;
  Fail(ErrorKind::kUnusable, "neither a JPEG nor a PNG picture");
}

}  // namespace

int64_t PixelsOf(std::span<const std::byte> bytes) {
  return FormatOf(bytes) == PictureFormat::kPng ? PngReader(bytes).pixels() : PixelsOfJpeg(bytes);
}

Picture DecodePicture(std::span<const std::byte> bytes) {
  return FormatOf(bytes) == PictureFormat::kPng ? DecodePng(bytes) : DecodeJpeg(bytes);
}

std::vector<std::byte> EncodePng(const Picture& picture) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.width);
  image.height = static_cast<png_uint_32>(picture.height);
  image.format = picture.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::vector<std::byte> bytes(size);
  const int written =
      png_image_write_to_memory(&image, bytes.data(), &size, 0, picture.pixels.data(), 0, nullptr);
  Check(written != 0, std::string("libpng: ") + image.message);
  bytes.resize(size);
  return bytes;
}

bool IsPictureName(const std::string& name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string::npos) return false;
  std::string ending = name.substr(dot);
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return ending == ".jpg" || ending == ".jpeg" || ending == ".png";
}

Picture Resize(Picture picture, int height, int width) {
  const auto channels = static_cast<size_t>(picture.channels);
  if (width != picture.width) {
    picture.pixels = ResizeAxis(picture.pixels, static_cast<size_t>(picture.height), picture.width,
                                width, channels);
  }
  if (height != picture.height) {
    picture.pixels = ResizeAxis(picture.pixels, 1, picture.height, height,
                                static_cast<size_t>(width) * channels);
  }
  return {height, width, picture.channels, std::move(picture.pixels)};
}

}  // namespace qconvert
