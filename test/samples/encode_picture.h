// Encodes the small pictures that the decoders are tested with.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace qconvert {

/// What a PNG is made of: rows of packed pixels, and the chunks that say what they mean.
struct PngParts {
  uint32_t width = 0, height = 0;
  int color_type = 0, bit_depth = 8;
  std::string rows;                         ///< [height, bytes of a row]; 16-bit values big-endian
  std::vector<uint8_t> palette = {};        ///< red, green, blue, ...
  std::vector<uint8_t> palette_alpha = {};  ///< one per palette entry
  bool interlaced = false;
};

std::string EncodePng(const PngParts& parts);

/// Returns a JPEG of best quality, without chroma subsampling; 1, 3 or 4 channels.
std::string EncodeJpeg(int height, int width, int channels, const std::string& pixels,
                       bool progressive = false);

}  // namespace qconvert
