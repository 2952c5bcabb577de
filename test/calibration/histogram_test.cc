#include "lib/calibration/histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "test/support/errors.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

std::vector<std::byte> BytesOf(const Histogram& histogram) {
  ByteWriter writer;
  histogram.Write(writer);
  return writer.Take();
}

float Denormal(Random& random) {
  return static_cast<float>(random.Integer(-1000, 1000)) * std::numeric_limits<float>::denorm_min();
}

/// A named multiset of values.
struct Values {
  std::string name;
  std::vector<float> values;
};

std::vector<Values> Multisets() {
  Random random(3);
  std::vector<float> tiny, mixed = RandomFloats(3000, 5), wild = RandomFloats(3000, 6);
  for (int i = 0; i < 500; ++i) tiny.push_back(Denormal(random));
  for (int i = 0; i < 500; ++i) mixed[static_cast<size_t>(i)] = Denormal(random);
  for (size_t i = 0; i < 300; ++i) wild[i * 7] = i % 2 == 0 ? 1e30F : -1e-30F;
  std::vector<float> zeros(700, 0.0F), outliers = RandomFloats(2000, 8);
  for (size_t i = 0; i < zeros.size(); i += 3) zeros[i] = -0.0F;
  for (size_t i = 0; i < 5; ++i) outliers[i * 400] = 1e30F;
  std::vector<float> magnitudes;
  for (int i = 0; i < 2000; ++i) {
    magnitudes.push_back(
        std::ldexp(random.Uniform(-2, 2), static_cast<int>(random.Integer(-149, 126))));
  }
  constexpr float kLargest = std::numeric_limits<float>::max();
  std::vector<float> largest(400, kLargest);
  std::fill_n(largest.begin(), 200, -kLargest);
  return {{"uniform", RandomFloats(5000, 1)},
          {"few", RandomFloats(100, 2)},
          {"one more than the ends", RandomFloats(2 * Histogram::kEnds + 1, 2)},
          {"denormal", tiny},
          {"with denormals", mixed},
          {"wild", wild},
          {"outliers", outliers},
          {"all equal", std::vector<float>(1000, 0.3F)},
          {"zeros of both signs", zeros},
          {"all magnitudes", magnitudes},
          {"largest", largest},
          {"far from zero", RandomFloats(3000, 9, 1000, 1000.01F)}};
}

void Shuffle(std::vector<float>& values, Random& random) {
  for (size_t i = values.size(); i > 1; --i) {
    std::swap(values[i - 1],
              values[static_cast<size_t>(random.Integer(0, static_cast<int64_t>(i) - 1))]);
  }
}

/// Counts the values in parts of random lengths, some of them empty, and appends them.
Histogram InParts(std::span<const float> values, Random& random) {
  Histogram whole(values.first(0));
  for (size_t first = 0; first < values.size();) {
    const auto wanted =
        static_cast<size_t>(random.Integer(0, random.Integer(0, 2) == 0 ? 900 : 90));
    const size_t count = std::min(wanted, values.size() - first);
    whole.Append(Histogram(values.subspan(first, count)));
    first += count;
  }
  return whole;
}

TEST_CASE("A histogram depends on the values alone, not on order or parts", "[calibration]") {
  Random random(11);
  for (Values& multiset : Multisets()) {
    INFO(multiset.name);
    const std::vector<std::byte> expected = BytesOf(Histogram(multiset.values));
    for (int trial = 0; trial < 20; ++trial) {
      Shuffle(multiset.values, random);
      REQUIRE(BytesOf(Histogram(multiset.values)) == expected);
      REQUIRE(BytesOf(InParts(multiset.values, random)) == expected);
    }
  }
}

TEST_CASE("Parts of parts give the same histogram", "[calibration]") {
  Random random(12);
  for (Values& multiset : Multisets()) {
    INFO(multiset.name);
    Shuffle(multiset.values, random);
    const std::span<const float> values = multiset.values;
    const size_t middle = values.size() / 3;
    Histogram left = InParts(values.first(middle), random);
    left.Append(InParts(values.subspan(middle), random));
    CHECK(BytesOf(left) == BytesOf(Histogram(values)));
  }
}

TEST_CASE("Every value is counted once, in the bin that it lies in", "[calibration]") {
  for (const Values& multiset : Multisets()) {
    INFO(multiset.name);
    std::vector<float> sorted = multiset.values;
    std::sort(sorted.begin(), sorted.end());
    const Histogram histogram(multiset.values);
    CHECK(histogram.count() == sorted.size());
    const size_t ends = std::min(sorted.size(), 2 * Histogram::kEnds);
    REQUIRE(histogram.ends().size() == ends);
    const size_t held = sorted.size() <= ends ? ends : Histogram::kEnds;
    for (size_t i = 0; i < held; ++i) REQUIRE(histogram.ends()[i] == sorted[i]);
    for (size_t i = held; i < ends; ++i) {
      REQUIRE(histogram.ends()[i] == sorted[sorted.size() - ends + i]);
    }
    REQUIRE(histogram.bins().size() <= static_cast<size_t>(Histogram::kMostBins));
    auto value = sorted.begin() + static_cast<std::ptrdiff_t>(held);
    const auto last = sorted.end() - static_cast<std::ptrdiff_t>(ends - held);
    for (size_t i = 0; i < histogram.bins().size(); ++i) {
      for (uint64_t n = 0; n < histogram.bins()[i]; ++n, ++value) {
        REQUIRE(value != last);
        REQUIRE(double{*value} >= histogram.edge(i));
        REQUIRE(double{*value} < histogram.edge(i + 1));
      }
    }
    CHECK(value == last);
  }
}

TEST_CASE("Bins are as narrow as their number and the spacing of floats allow", "[calibration]") {
  for (const Values& multiset : Multisets()) {
    const Histogram histogram(multiset.values);
    if (histogram.bins().empty()) continue;
    INFO(multiset.name);
    const double width = histogram.width();
    CHECK(std::ldexp(1.0, std::ilogb(width)) == width);
    const double reach =
        std::max(std::abs(histogram.edge(0)), std::abs(histogram.edge(histogram.bins().size())));
    const bool finest = reach <= 0x1p24 * width * 2 && reach >= 0x1p23 * width;
    // Half as wide, there would be nearly twice as many bins.
    const bool many = 2 * histogram.bins().size() > static_cast<size_t>(Histogram::kMostBins);
    CHECK((finest || many || width == 0x1p-149));
  }
}

TEST_CASE("A few wild values do not widen the bins", "[calibration]") {
  std::vector<float> values = RandomFloats(10000, 1);
  const double width = Histogram(values).width();
  for (size_t i = 0; i < Histogram::kEnds; ++i) {
    values.push_back(1e30F);
    values.push_back(-1e30F);
  }
  CHECK(Histogram(values).width() == width);
}

TEST_CASE("A histogram is read as it was written", "[calibration]") {
  for (const Values& multiset : Multisets()) {
    INFO(multiset.name);
    const std::vector<std::byte> bytes = BytesOf(Histogram(multiset.values));
    ByteReader reader(bytes);
    const auto read = Histogram::Read(reader, {0, 1});
    CHECK(reader.remaining() == 0);
    CHECK(BytesOf(As<Histogram>(*read)) == bytes);
  }
}

TEST_CASE("Damaged histograms are refused", "[calibration]") {
  const auto refused = [](std::vector<float> ends, uint64_t count, Range bulk, uint64_t bin) {
    ByteWriter writer;
    writer.Unsigned(ends.size());
    for (float end : ends) writer.Float(end);
    writer.Unsigned(count);
    writer.Float(bulk.min);
    writer.Float(bulk.max);
    for (int64_t i = 0; i < Histogram::kMostBins; ++i) writer.Unsigned(bin);
    const std::vector<std::byte> bytes = writer.Take();
    ByteReader reader(bytes);
    CHECK_THAT(ErrorOf([&] {
                 Histogram::Read(reader, {0, 1});
               }),
               IsError(ErrorKind::kUnusable, "histogram"));
  };
  std::vector<float> ends(2 * Histogram::kEnds, 1);
  std::fill_n(ends.begin(), Histogram::kEnds, -1.0F);
  refused(std::vector<float>(2 * Histogram::kEnds + 1), 0, {}, 0);  // too many
  refused({1, 0}, 0, {}, 0);                                        // unsorted
  refused({NAN}, 0, {}, 0);
  refused({-0.0F}, 0, {}, 0);
  refused({1}, 1, {-1, 1}, 1);   // values inside, but too few at the ends
  refused(ends, 1, {-2, 1}, 1);  // beyond the ends
  refused(ends, 1, {-1, 1}, 1);  // more in the bins than said
}

}  // namespace
}  // namespace qconvert
