// The JPEG decoder, apart because libjpeg reports errors by longjmp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "lib/samples/picture.h"

namespace qconvert {

/// Returns how many pixels the header speaks of.
///   Throws Error(kUnusable) when it is damaged.
int64_t PixelsOfJpeg(std::span<const std::byte> bytes);

/// Decodes JPEG bytes to grey or RGB.
///   Throws Error(kUnusable) when they are damaged, cut off, too large, or CMYK.
Picture DecodeJpeg(std::span<const std::byte> bytes);

}  // namespace qconvert
