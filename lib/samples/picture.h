// A decoded picture, and the JPEG and PNG decoders.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace qconvert {

/// 8-bit pixels, interleaved: [height, width, channels], 1 (grey) or 3 (RGB) channels.
struct Picture {
  int height = 0, width = 0, channels = 0;
  std::vector<uint8_t> pixels;
};

/// The most pixels we decode; more is refused before memory is taken.
inline constexpr int64_t kMostPixels = int64_t{1} << 28;

/// Returns how many pixels JPEG or PNG bytes say that they hold.
///   Throws Error(kUnusable) when the bytes are neither, or their header is damaged.
int64_t PixelsOf(std::span<const std::byte> bytes);

/// Decodes JPEG or PNG bytes; transparency is dropped, 16 bits become 8, EXIF rotation is ignored.
///   Throws Error(kUnusable) when the bytes are neither, are damaged or cut off, or hold more than
///   kMostPixels.
Picture DecodePicture(std::span<const std::byte> bytes);

/// Returns a picture as a PNG file.
std::vector<std::byte> EncodePng(const Picture& picture);

/// Returns whether a file name ends as a picture does (.jpg, .jpeg, .png; any case).
bool IsPictureName(const std::string& name);

/// Resizes with a triangle filter as wide as the reduction (antialiased bilinear).
Picture Resize(Picture picture, int height, int width);

}  // namespace qconvert
