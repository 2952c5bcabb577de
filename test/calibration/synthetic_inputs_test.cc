#include "lib/calibration/synthetic_inputs.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <catch2/catch.hpp>

#include "lib/runner/port.h"
#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

template <typename T>
std::vector<T> Synthetic(const CompiledGraph& compiled, size_t i, size_t input) {
  Session session(compiled);
  FeedSynthetic(compiled.graph(), i, session);
  const auto bytes = session.Input(input);
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

TEST_CASE("Synthetic vectors are standard normal, seeded, and places for indices",
          "[calibration]") {
  GraphBuilder b;
  const TensorId index = b.Input("index", {3}, ElementType::kInt64);
  const TensorId x = b.Input("x", {100, 100});
  const CompiledGraph compiled(b.Output(b.Emit(Gather{0}, {x, index})).Build());
  for (int64_t place : Synthetic<int64_t>(compiled, 0, 0)) CHECK((place >= 0 && place < 100));
  CHECK(Synthetic<int64_t>(compiled, 0, 0) != Synthetic<int64_t>(compiled, 1, 0));
  const std::vector<float> values = Synthetic<float>(compiled, 0, 1);
  double sum = 0, squares = 0;
  for (float v : values) {
    sum += double{v};
    squares += double{v} * double{v};
  }
  // Five deviations of the mean and of the variance of 10,000 normal values.
  CHECK(std::abs(sum / 1e4) < 5 / std::sqrt(1e4));
  CHECK(std::abs(squares / 1e4 - 1) < 5 * std::sqrt(2 / 1e4));
  CHECK(Synthetic<float>(compiled, 0, 1) == values);
  CHECK(Synthetic<float>(compiled, 1, 1) != values);
}

/// Correlation of the values with those `distance` further on, both of mean 0 and variance 1.
double Correlation(const std::vector<float>& values, size_t first, size_t last, size_t distance) {
  double sum = 0;
  for (size_t i = first; i + distance < last; ++i) {
    sum += double{values[i]} * double{values[i + distance]};
  }
  return sum / static_cast<double>(last - first - distance);
}

/// The mean of a quantity over many pictures [1, 3, 64, 64].
template <typename Function>
double MeanOfPictures(const CompiledGraph& compiled, Function function) {
  double sum = 0;
  for (size_t i = 0; i < 64; ++i) sum += function(Synthetic<float>(compiled, i, 0)) / 64;
  return sum;
}

TEST_CASE("Synthetic pictures have the statistics of photographs", "[calibration]") {
  GraphBuilder b;
  const CompiledGraph compiled(b.Output(b.Emit(Neg{}, {b.Input("x", {1, 3, 64, 64})})).Build());
  constexpr size_t kPlane = 64 * 64;
  // The largest blocks make whole pictures light or dark: 64 of them settle to a quarter.
  CHECK(MeanOfPictures(compiled, [](const auto& v) { return Correlation(v, 0, kPlane, 0); }) ==
        Approx(1).margin(0.25));
  // Colours share 0.64 of their variance.
  CHECK(MeanOfPictures(compiled, [](const auto& v) {
          return Correlation(v, 0, 2 * kPlane, kPlane);
        }) == Approx(0.64).margin(0.2));
  // Neighbours in a row share all but the finest octave and some of each other: of seven octaves of
  // blocks of s pixels, 1 - 1/s each on average.
  const double neighbours = (0 + 0.5 + 0.75 + 0.875 + 0.9375 + 0.96875 + 1) / 7;
  CHECK(MeanOfPictures(compiled, [](const auto& v) { return Correlation(v, 0, kPlane, 1); }) ==
        Approx(neighbours).margin(0.2));
}

TEST_CASE("Synthetic pictures are the same in either layout", "[calibration]") {
  GraphBuilder kept_builder, nhwc_builder;
  const Graph kept =
      kept_builder.Output(kept_builder.Emit(Neg{}, {kept_builder.Input("x", {1, 3, 9, 20})}))
          .Build();
  Graph nhwc =
      nhwc_builder.Output(nhwc_builder.Emit(Neg{}, {nhwc_builder.Input("x", {1, 9, 20, 3})}))
          .Build();
  nhwc.metadata["layout.x"] = "nhwc";
  const auto chw = Synthetic<float>(CompiledGraph(kept), 3, 0);
  const auto hwc = Synthetic<float>(CompiledGraph(nhwc), 3, 0);
  for (size_t c = 0; c < 3; ++c) {
    for (size_t p = 0; p < 180; ++p) REQUIRE(chw[c * 180 + p] == hwc[p * 3 + c]);
  }
}

TEST_CASE("Synthetic pixels end at black and white", "[calibration]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 3, 32, 32});
  const CompiledGraph compiled(b.Output(b.Emit(Neg{}, {x})).Build());
  Session session(compiled);
  FeedSynthetic(compiled.graph(), 0, session,
                {.pixel_range = 255, .mean = {0, 127, 255}, .std = {1, 128, 255}});
  const auto* values = reinterpret_cast<const float*>(session.Input(0).data());
  const Range ranges[] = {{0, 255}, {-127.0F / 128, 1}, {-1, 0}};
  for (size_t c = 0; c < 3; ++c) {
    float least = HUGE_VALF, most = -HUGE_VALF;
    for (size_t i = c * 1024; i < (c + 1) * 1024; ++i) {
      least = std::min(least, values[i]);
      most = std::max(most, values[i]);
    }
    CHECK(least >= ranges[c].min);
    CHECK(most <= ranges[c].max);
    CHECK(most - least > 0.5F * (ranges[c].max - ranges[c].min));
  }
}

TEST_CASE("Synthetic masks are 1 in front, and 0 behind in every second sample", "[calibration]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 1, 64});
  const TensorId added = b.Input("added", {1, 1, 64});
  const TensorId tokens = b.Input("tokens", {1, 64}, ElementType::kInt32);
  const TensorId kept = b.Input("kept", {1, 1, 64}, ElementType::kBool);
  const TensorId scores = b.Emit(Add{}, {x, added});
  b.Output(b.Emit(Softmax{}, {b.Emit(Select{}, {kept, scores, b.Scalar(-100)})}));
  const CompiledGraph compiled(b.Output(b.Emit(Cast{ElementType::kFloat32}, {tokens})).Build());
  const auto zeros = [](const auto& mask) {
    size_t count = 0;
    for (size_t i = 0; i < mask.size(); ++i) {
      CHECK((mask[i] == 0 || mask[i] == 1));
      if (i > 0) CHECK(mask[i] <= mask[i - 1]);
      count += mask[i] == 0;
    }
    return count;
  };
  size_t masked = 0;
  for (size_t i = 0; i < 8; ++i) {
    const size_t all[] = {zeros(Synthetic<float>(compiled, i, 1)),
                          zeros(Synthetic<int32_t>(compiled, i, 2)),
                          zeros(Synthetic<uint8_t>(compiled, i, 3))};
    for (size_t count : all) {
      CHECK(count < (i % 2 == 0 ? 1 : 32));
      masked += count;
    }
  }
  CHECK(masked > 0);
}

TEST_CASE("Integers that are cast before they index are places, too", "[calibration]") {
  GraphBuilder b;
  const TensorId index = b.Input("index", {1, 50}, ElementType::kInt64);
  const TensorId cast = b.Emit(Cast{ElementType::kInt32}, {index});
  const CompiledGraph compiled(b.Output(b.Emit(Gather{0}, {b.Random("w", {7, 2}), cast})).Build());
  const std::vector<int64_t> places = Synthetic<int64_t>(compiled, 0, 0);
  CHECK(*std::min_element(places.begin(), places.end()) == 0);
  CHECK(*std::max_element(places.begin(), places.end()) == 6);
}

}  // namespace
}  // namespace qconvert
