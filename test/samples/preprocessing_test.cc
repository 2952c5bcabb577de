// How a picture becomes input values, against a plain loop over the definition.
#include "lib/samples/preprocessing.h"

#include <cmath>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "test/support/errors.h"
#include "test/support/random.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

Picture RandomPicture(int height, int width, int channels) {
  Picture picture{height, width, channels, {}};
  Random random(static_cast<uint64_t>(height * width));
  for (int i = 0; i < height * width * channels; ++i) {
    picture.pixels.push_back(static_cast<uint8_t>(random.Integer(0, 255)));
  }
  return picture;
}

std::vector<float> Preprocessed(const Picture& picture, const Preprocessing& preprocessing,
                                const PictureTarget& target) {
  std::vector<float> values(static_cast<size_t>(target.height * target.width * target.channels));
  Preprocess(picture, preprocessing, target, values);
  return values;
}

uint8_t Pixel(const Picture& picture, int y, int x, int c) {
  return picture.pixels[static_cast<size_t>((y * picture.width + x) * picture.channels + c)];
}

TEST_CASE("Values are (pixel / 255 - mean) / std, channel by channel, in the input's order",
          "[samples]") {
  const Picture picture = RandomPicture(4, 5, 3);
  Preprocessing preprocessing;
  for (const float range : {1.0F, 255.0F}) {
    for (const bool bgr : {false, true}) {
      for (const bool nchw : {false, true}) {
        preprocessing.pixel_range = range;
        preprocessing.bgr = bgr;
        preprocessing.mean = {0.4F, 0.5F, 0.6F};
        preprocessing.std = {0.2F, 0.25F, 0.3F};
        std::vector<float> expected(60);
        for (int y = 0; y < 4; ++y) {
          for (int x = 0; x < 5; ++x) {
            for (int c = 0; c < 3; ++c) {
              const double pixel = Pixel(picture, y, x, bgr ? 2 - c : c) / (256.0 - range);
              const double mean[] = {0.4, 0.5, 0.6}, std[] = {0.2, 0.25, 0.3};
              const int at = nchw ? c * 20 + y * 5 + x : (y * 5 + x) * 3 + c;
              expected[static_cast<size_t>(at)] = static_cast<float>((pixel - mean[c]) / std[c]);
            }
          }
        }
        // Three roundings to float of numbers up to 255 / 0.2.
        CHECK_THAT(Preprocessed(picture, preprocessing, {4, 5, 3, nchw}),
                   WithinError(expected, 1275 * 0x1p-22));
      }
    }
  }
}

TEST_CASE("One mean and std serve all channels", "[samples]") {
  const Picture picture = RandomPicture(2, 2, 3);
  Preprocessing one, three;
  one.mean = {0.5F};
  one.std = {0.25F};
  three.mean = {0.5F, 0.5F, 0.5F};
  three.std = {0.25F, 0.25F, 0.25F};
  CHECK(Preprocessed(picture, one, {2, 2, 3}) == Preprocessed(picture, three, {2, 2, 3}));
}

TEST_CASE("Without a mean and std pixels lie between 0 and 1", "[samples]") {
  const Picture picture{1, 3, 1, {0, 51, 255}};
  CHECK(Preprocessed(picture, {}, {1, 3, 1}) == std::vector<float>{0, 0.2F, 1});
}

TEST_CASE("Grey fills three channels, colour becomes luma", "[samples]") {
  Preprocessing raw;
  raw.pixel_range = 255;
  CHECK(Preprocessed({1, 1, 1, {7}}, raw, {1, 1, 3}) == std::vector<float>{7, 7, 7});
  // 0.299 * 100 + 0.587 * 200 + 0.114 * 50; three products rounded to float.
  CHECK_THAT(Preprocessed({1, 1, 3, {100, 200, 50}}, raw, {1, 1, 1}),
             WithinError({153.0F}, 3 * 0x1p-16));
}

TEST_CASE("The crop is the middle of the picture", "[samples]") {
  const Picture picture = RandomPicture(8, 10, 1);
  Preprocessing raw;
  raw.pixel_range = 255;
  raw.resize = 8;  // the shorter side as it is
  const std::vector<float> values = Preprocessed(picture, raw, {4, 4, 1});
  for (int y = 0; y < 4; ++y) {
    for (int x = 0; x < 4; ++x) {
      CHECK(values[static_cast<size_t>(y * 4 + x)] ==
            static_cast<float>(Pixel(picture, y + 2, x + 3, 0)));
    }
  }
}

TEST_CASE("The shorter side is resized, the other keeps the proportion", "[samples]") {
  for (const bool upright : {false, true}) {
    const Picture picture = upright ? RandomPicture(40, 20, 1) : RandomPicture(20, 40, 1);
    const Picture resized = upright ? Resize(picture, 20, 10) : Resize(picture, 10, 20);
    Preprocessing raw;
    raw.pixel_range = 255;
    raw.resize = 10;
    const std::vector<float> values = Preprocessed(picture, raw, {6, 6, 1});
    const int top = upright ? 7 : 2, left = upright ? 2 : 7;
    CHECK(values.front() == static_cast<float>(Pixel(resized, top, left, 0)));
    CHECK(values.back() == static_cast<float>(Pixel(resized, top + 5, left + 5, 0)));
  }
}

TEST_CASE("Without --resize a picture is made just large enough for the crop", "[samples]") {
  Preprocessing raw;
  raw.pixel_range = 255;
  const Picture small = RandomPicture(3, 6, 1);
  const Picture doubled = Resize(small, 6, 12);
  const std::vector<float> values = Preprocessed(small, raw, {6, 6, 1});
  CHECK(values[0] == static_cast<float>(Pixel(doubled, 0, 3, 0)));
  CHECK(values[35] == static_cast<float>(Pixel(doubled, 5, 8, 0)));
}

TEST_CASE("A crop of another size is fitted to the input", "[samples]") {
  Preprocessing raw;
  raw.pixel_range = 255;
  raw.resize = 8;
  raw.crop_height = raw.crop_width = 8;
  const Picture picture = RandomPicture(8, 8, 1);
  const Picture half = Resize(picture, 4, 4);
  CHECK(Preprocessed(picture, raw, {4, 4, 1}) ==
        std::vector<float>(half.pixels.begin(), half.pixels.end()));
}

TEST_CASE("Flags that do not fit the model are refused", "[samples]") {
  const Picture picture = RandomPicture(8, 8, 3);
  const auto refuses = [&](auto change, const PictureTarget& target, const std::string& reason) {
    Preprocessing preprocessing;
    change(preprocessing);
    CHECK_THAT(ErrorOf([&] { Preprocessed(picture, preprocessing, target); }),
               IsError(ErrorKind::kUsage, reason));
  };
  refuses([](auto& p) { p.resize = 4; }, {8, 8, 3}, "smaller than the crop 8x8");
  refuses([](auto& p) { p.crop_width = 33; }, {8, 8, 3}, "a --crop of 33 pixels for an input of 8");
  refuses([](auto& p) { p.crop_height = 1; }, {8, 8, 3}, "a --crop of 1 pixels for an input of 8");
  refuses([](auto& p) { p.mean = {1, 2}; }, {8, 8, 3}, "--mean has 2 values");
  refuses([](auto& p) { p.std = {1, 1, 1}; }, {8, 8, 1}, "--std has 3 values");
  refuses([](auto& p) { p.std = {0}; }, {8, 8, 3}, "--std is 0");
  refuses([](auto& p) { p.std = {-1}; }, {8, 8, 3}, "--std is negative");
  refuses([](auto& p) { p.std = {NAN}; }, {8, 8, 3}, "--std is not finite");
  refuses([](auto& p) { p.mean = {0, 0, INFINITY}; }, {8, 8, 3}, "--mean is not finite");
  refuses([](auto&) {}, {8, 8, 4}, "the model's input has 4");
}

TEST_CASE("A sliver of a picture cannot demand terabytes when it is resized", "[samples]") {
  const Picture sliver{1, 1 << 20, 1, std::vector<uint8_t>(1 << 20)};
  CHECK_THAT(ErrorOf([&] {
               Preprocessed(sliver, {}, {224, 224, 3});
             }),
             IsError(ErrorKind::kUnusable, "1x1048576"));
}

TEST_CASE("Input shapes that a picture fits are recognised", "[samples]") {
  const auto is = [](const Shape& shape, PictureTarget expected) {
    const PictureTarget target = PictureTargetOf(shape);
    CHECK(target.height == expected.height);
    CHECK(target.width == expected.width);
    CHECK(target.channels == expected.channels);
    CHECK(target.nchw == expected.nchw);
  };
  is({1, 3, 20, 30}, {20, 30, 3, true});
  is({1, 20, 30, 3}, {20, 30, 3, false});
  is({1, 1, 28, 28}, {28, 28, 1, true});
  is({1, 28, 28, 1}, {28, 28, 1, false});
  for (const Shape& shape : std::vector<Shape>{{},
                                               {3, 20, 30},
                                               {1, 784},
                                               {2, 3, 20, 30},
                                               {1, 5, 20, 30},
                                               {1, 1, 3, 20, 30},
                                               {1, 3, int64_t{1} << 32, 1}}) {
    CHECK_THAT(ErrorOf([&] { PictureTargetOf(shape); }),
               IsError(ErrorKind::kUsage, "give samples as .npy"));
  }
}

TEST_CASE("Preprocessing survives the way through a file's metadata", "[samples]") {
  Preprocessing preprocessing;
  CHECK(PreprocessingFromText(ToText(preprocessing)) == preprocessing);
  preprocessing.resize = 256;
  preprocessing.crop_height = 224;
  preprocessing.crop_width = 192;
  preprocessing.pixel_range = 255;
  preprocessing.mean = {0.1F, 123.675F, 1e-8F};
  preprocessing.std = {58.395F};
  preprocessing.bgr = true;
  CHECK(PreprocessingFromText(ToText(preprocessing)) == preprocessing);
}

TEST_CASE("Damaged metadata is refused", "[samples]") {
  const std::string good = ToText(Preprocessing{});
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{}"), good.substr(1),
        std::string(R"({"bgr": 1})"), std::string(100000, '[')}) {
    CHECK(ErrorOf([&] { PreprocessingFromText(text); }).kind() == ErrorKind::kUnusable);
  }
  RequireSurvivesTruncation(good, [](auto bytes) {
    PreprocessingFromText({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  });
  RequireSurvivesFlips(
      good,
      [](auto bytes) {
        PreprocessingFromText({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
      },
      2000);
}

}  // namespace
}  // namespace qconvert
