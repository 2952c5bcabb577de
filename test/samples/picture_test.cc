// Decoding JPEG and PNG, and the resize filter.
#include "lib/samples/picture.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <png.h>
#include <zlib.h>

#include "test/samples/array_files.h"
#include "test/samples/encode_picture.h"
#include "test/support/errors.h"
#include "test/support/random.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

using Pixels = std::vector<uint8_t>;

std::string RandomPixels(size_t count, uint64_t seed) {
  Random random(seed);
  std::string pixels(count, '\0');
  for (char& pixel : pixels) pixel = static_cast<char>(random.Integer(0, 255));
  return pixels;
}

Picture Decode(const std::string& bytes) { return DecodePicture(AsBytes(bytes)); }

void RequireDecodes(const PngParts& parts, int channels, const Pixels& pixels) {
  const Picture picture = Decode(EncodePng(parts));
  CHECK(picture.height == static_cast<int>(parts.height));
  CHECK(picture.width == static_cast<int>(parts.width));
  CHECK(picture.channels == channels);
  CHECK(picture.pixels == pixels);
}

TEST_CASE("Grey and colour PNGs keep their pixels, interlaced or not", "[samples]") {
  for (const bool interlaced : {false, true}) {
    const std::string grey = RandomPixels(9 * 11, 1), rgb = RandomPixels(3 * 9 * 11, 2);
    RequireDecodes({11, 9, PNG_COLOR_TYPE_GRAY, 8, grey, {}, {}, interlaced}, 1,
                   {grey.begin(), grey.end()});
    RequireDecodes({11, 9, PNG_COLOR_TYPE_RGB, 8, rgb, {}, {}, interlaced}, 3,
                   {rgb.begin(), rgb.end()});
  }
}

TEST_CASE("Few bits per pixel are spread over 0 to 255", "[samples]") {
  RequireDecodes({8, 1, PNG_COLOR_TYPE_GRAY, 1, "\xA5"}, 1, {255, 0, 255, 0, 0, 255, 0, 255});
  RequireDecodes({4, 1, PNG_COLOR_TYPE_GRAY, 2, "\x1B"}, 1, {0, 85, 170, 255});
  RequireDecodes({2, 1, PNG_COLOR_TYPE_GRAY, 4, "\x2F"}, 1, {34, 255});
}

TEST_CASE("16 bits become the nearest 8, without a change of brightness", "[samples]") {
  const std::string values = Big(0, 2) + Big(0x4040, 2) + Big(0x8080, 2) + Big(0xFFFF, 2);
  RequireDecodes({4, 1, PNG_COLOR_TYPE_GRAY, 16, values}, 1, {0, 0x40, 0x80, 255});
  const std::string rgb = Big(0x1010, 2) + Big(0x7F7F, 2) + Big(0xC0C0, 2);
  RequireDecodes({1, 1, PNG_COLOR_TYPE_RGB, 16, rgb}, 3, {0x10, 0x7F, 0xC0});
}

TEST_CASE("Palettes are looked up", "[samples]") {
  const Pixels palette = {10, 20, 30, 200, 100, 50};
  RequireDecodes({3, 1, PNG_COLOR_TYPE_PALETTE, 8, std::string("\1\0\1", 3), palette}, 3,
                 {200, 100, 50, 10, 20, 30, 200, 100, 50});
}

TEST_CASE("Transparency is dropped: what lies under it is the colour that was stored",
          "[samples]") {
  RequireDecodes({3, 1, PNG_COLOR_TYPE_RGB_ALPHA, 8,
                  std::string("\x50\x60\x70\x00\x51\x61\x71\x80\x52\x62\x72\xFF", 12)},
                 3, {0x50, 0x60, 0x70, 0x51, 0x61, 0x71, 0x52, 0x62, 0x72});
  RequireDecodes({2, 1, PNG_COLOR_TYPE_GRAY_ALPHA, 8, std::string("\x40\x00\x41\xFF", 4)}, 1,
                 {0x40, 0x41});
  RequireDecodes({2, 1, PNG_COLOR_TYPE_PALETTE, 8, std::string("\0\1", 2),
                  Pixels{10, 20, 30, 200, 100, 50}, Pixels{0, 128}},
                 3, {10, 20, 30, 200, 100, 50});
}

TEST_CASE("A picture that was encoded is the same when it is decoded", "[samples]") {
  for (const int channels : {1, 3}) {
    Picture picture{5, 7, channels, {}};
    for (int i = 0; i < 5 * 7 * channels; ++i) {
      picture.pixels.push_back(static_cast<uint8_t>(37 * i));
    }
    const Picture decoded = DecodePicture(EncodePng(picture));
    CHECK(decoded.height == 5);
    CHECK(decoded.width == 7);
    CHECK(decoded.channels == channels);
    CHECK(decoded.pixels == picture.pixels);
  }
}

TEST_CASE("JPEGs are decoded, grey and colour, baseline and progressive", "[samples]") {
  // Smooth content. At quality 100 every coefficient is rounded to an integer, and the colour
  // conversion rounds three times: 4 steps hold both.
  for (const int channels : {1, 3}) {
    std::string pixels;
    for (int i = 0; i < 17 * 13 * channels; ++i) {
      const double value = 128 + 100 * std::sin(i % channels + i / channels % 13 / 5.0);
      pixels += static_cast<char>(static_cast<uint8_t>(value));
    }
    for (const bool progressive : {false, true}) {
      const Picture picture = Decode(EncodeJpeg(17, 13, channels, pixels, progressive));
      CHECK(picture.height == 17);
      CHECK(picture.width == 13);
      REQUIRE(picture.channels == channels);
      CHECK_THAT(picture.pixels, WithinSteps(Pixels(pixels.begin(), pixels.end()), 4));
    }
  }
}

TEST_CASE("What is no picture that we take is refused with the reason", "[samples]") {
  const auto refuses = [](const std::string& bytes, const std::string& reason) {
    CHECK_THAT(ErrorOf([&] { Decode(bytes); }), IsError(ErrorKind::kUnusable, reason));
  };
  refuses("", "neither a JPEG nor a PNG");
  refuses("GIF89a", "neither a JPEG nor a PNG");
  refuses("\xFF\xD8\xFF\xE0 and then no JPEG at all", "damaged JPEG");
  refuses("\x89PNG\r\n\x1A\n and then no PNG at all", "damaged PNG");
  refuses(EncodeJpeg(2, 2, 4, std::string(16, 'k')), "CMYK");
}

TEST_CASE("Pictures that claim to be huge are refused before memory is taken", "[samples]") {
  std::string png = EncodePng({1, 1, PNG_COLOR_TYPE_GRAY, 8, "x"});
  png.replace(16, 8, Big(50000, 4) + Big(50000, 4));  // width and height, in the first chunk
  const auto* chunk = reinterpret_cast<const Bytef*>(png.data()) + 12;
  png.replace(29, 4, Big(crc32(0, chunk, 17), 4));
  CHECK_THAT(ErrorOf([&] { Decode(png); }), IsError(ErrorKind::kUnusable, "2^28 pixels"));
  std::string jpeg = EncodeJpeg(8, 8, 1, std::string(64, 'x'));
  const size_t frame = jpeg.find("\xFF\xC0");
  REQUIRE(frame != std::string::npos);
  jpeg.replace(frame + 5, 4, Big(65000, 2) + Big(65000, 2));
  CHECK_THAT(ErrorOf([&] { Decode(jpeg); }), IsError(ErrorKind::kUnusable, "2^28 pixels"));
}

TEST_CASE("A picture cut off anywhere is refused, or whole but for its end mark", "[samples]") {
  const std::string rgb = RandomPixels(3 * 6 * 5, 3);
  for (const std::string& bytes : {EncodePng({5, 6, PNG_COLOR_TYPE_RGB, 8, rgb}),
                                   EncodeJpeg(6, 5, 3, rgb), EncodeJpeg(6, 5, 3, rgb, true)}) {
    const Picture whole = Decode(bytes);
    const auto decode = [&](std::span<const std::byte> cut) {
      const Picture picture = DecodePicture(cut);
      CHECK(picture.pixels == whole.pixels);
      CHECK(cut.size() + 16 >= bytes.size());  // a PNG's IEND and a checksum
    };
    RequireSurvivesTruncation(bytes, decode);
    RequireSurvivesFlips(
        bytes, [](std::span<const std::byte> damaged) { DecodePicture(damaged); }, 1000);
  }
}

TEST_CASE("Pictures are known by the end of their name", "[samples]") {
  for (const char* name : {"a.jpg", "a.jpeg", "a.PNG", "a.b.Jpg", ".png"}) {
    CHECK(IsPictureName(name));
  }
  for (const char* name : {"", "png", "a.png.txt", "a.gif", "a.", "jpg/a"}) {
    CHECK_FALSE(IsPictureName(name));
  }
}

/// One pixel of a resized picture: every source pixel weighted by a triangle around its centre.
double ResizedPixel(const Picture& picture, int height, int width, int y, int x, int c) {
  const auto weight = [](int to, int from, int i, int j) {
    const double scale = static_cast<double>(from) / to;
    return std::max(0.0, 1 - std::abs((j + 0.5) - (i + 0.5) * scale) / std::max(scale, 1.0));
  };
  double sum = 0, weights = 0;
  for (int j = 0; j < picture.height; ++j) {
    for (int i = 0; i < picture.width; ++i) {
      const double w = weight(height, picture.height, y, j) * weight(width, picture.width, x, i);
      const auto at = static_cast<size_t>((j * picture.width + i) * picture.channels + c);
      sum += w * picture.pixels[at];
      weights += w;
    }
  }
  return sum / weights;
}

TEST_CASE("Resizing averages under a triangle as wide as the reduction", "[samples]") {
  for (const int channels : {1, 3}) {
    const std::string pixels = RandomPixels(static_cast<size_t>(12 * 9 * channels), 5);
    const Picture picture{12, 9, channels, {pixels.begin(), pixels.end()}};
    for (const auto& size : {std::pair{12, 9}, {5, 4}, {12, 3}, {4, 9}, {30, 20}, {1, 1}}) {
      const Picture resized = Resize(picture, size.first, size.second);
      REQUIRE(resized.pixels.size() == static_cast<size_t>(size.first * size.second * channels));
      std::vector<double> expected;
      for (int y = 0; y < size.first; ++y) {
        for (int x = 0; x < size.second; ++x) {
          for (int c = 0; c < channels; ++c) {
            expected.push_back(ResizedPixel(picture, size.first, size.second, y, x, c));
          }
        }
      }
      // Rows, then columns are rounded to pixels: half a step each.
      CHECK_THAT(std::vector<double>(resized.pixels.begin(), resized.pixels.end()),
                 WithinMatcher<double>(expected, 1.001));
    }
  }
}

}  // namespace
}  // namespace qconvert
