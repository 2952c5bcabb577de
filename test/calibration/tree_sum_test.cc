#include "lib/calibration/tree_sum.h"

#include <cmath>

#include <catch2/catch.hpp>

#include "test/support/errors.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

constexpr size_t kSamples = 41;

/// Values whose sum depends on the order: magnitudes from 1 to 2^60.
std::vector<double> ValuesOf(size_t sample) {
  Random random(sample);
  std::vector<double> values;
  for (int i = 0; i < 3; ++i) {
    values.push_back(
        std::ldexp(double{random.Uniform(-1, 1)}, static_cast<int>(random.Integer(0, 60))));
  }
  return values;
}

TreeSum SumOf(size_t first, size_t last) {
  TreeSum sum(first, ValuesOf(first));
  for (size_t i = first + 1; i < last; ++i) sum.Append(TreeSum(i, ValuesOf(i)));
  return sum;
}

std::vector<std::byte> BytesOf(const TreeSum& sum) {
  ByteWriter writer;
  sum.Write(writer);
  return writer.Take();
}

/// The sum of samples [first, last) by the definition: a subtree is the sum of its halves, or of
/// the half that there is.
std::vector<double> SubtreeSum(size_t begin, size_t size, size_t first, size_t last) {
  if (size == 1) return ValuesOf(begin);
  const size_t middle = begin + size / 2;
  if (last <= middle) return SubtreeSum(begin, size / 2, first, last);
  if (first >= middle) return SubtreeSum(middle, size / 2, first, last);
  std::vector<double> sum = SubtreeSum(begin, size / 2, first, middle);
  const std::vector<double> right = SubtreeSum(middle, size / 2, middle, last);
  for (size_t i = 0; i < sum.size(); ++i) sum[i] += right[i];
  return sum;
}

TEST_CASE("Sums from the first sample on are those of the binary tree", "[calibration]") {
  for (size_t last = 1; last <= kSamples; ++last) {
    CHECK(SumOf(0, last).Total() == SubtreeSum(0, 64, 0, last));
  }
}

TEST_CASE("Parts become the same bits however the samples are cut", "[calibration]") {
  Random random(7);
  for (size_t first : {0, 1, 6}) {
    const std::vector<std::byte> whole = BytesOf(SumOf(first, kSamples));
    for (size_t cut = first + 1; cut < kSamples; ++cut) {
      TreeSum sum = SumOf(first, cut);
      sum.Append(SumOf(cut, kSamples));
      REQUIRE(BytesOf(sum) == whole);
    }
    for (int trial = 0; trial < 200; ++trial) {
      // Parts are merged from the right, so that they are parts of parts.
      std::vector<size_t> cuts{first};
      for (size_t i = first + 1; i < kSamples; ++i) {
        if (random.Integer(0, 3) == 0) cuts.push_back(i);
      }
      TreeSum sum = SumOf(cuts.back(), kSamples);
      for (size_t i = cuts.size() - 1; i-- > 0;) {
        TreeSum before = SumOf(cuts[i], cuts[i + 1]);
        before.Append(std::move(sum));
        sum = std::move(before);
      }
      REQUIRE(BytesOf(sum) == whole);
    }
  }
}

TEST_CASE("A sum keeps at most two subtrees of each size", "[calibration]") {
  CHECK(BytesOf(SumOf(0, 32)).size() == 3 * sizeof(double));
  CHECK(BytesOf(SumOf(1, 33)).size() == 6 * 3 * sizeof(double));
}

TEST_CASE("A sum is read as it was written", "[calibration]") {
  for (size_t first : {0, 3, 8}) {
    for (size_t last = first + 1; last <= kSamples; ++last) {
      const std::vector<std::byte> bytes = BytesOf(SumOf(first, last));
      ByteReader reader(bytes);
      const TreeSum read = TreeSum::Read(reader, {first, last}, 3);
      CHECK(reader.remaining() == 0);
      CHECK(BytesOf(read) == bytes);
      CHECK(read.Total() == SumOf(first, last).Total());
    }
  }
}

TEST_CASE("Parts that do not belong together are refused", "[calibration]") {
  const auto refused = [](TreeSum sum, TreeSum next) {
    CHECK_THAT(ErrorOf([&] { sum.Append(std::move(next)); }),
               IsError(ErrorKind::kUnusable, "do not belong together"));
  };
  refused(SumOf(0, 3), SumOf(4, 5));
  refused(SumOf(0, 3), SumOf(2, 5));
  refused(SumOf(0, 3), TreeSum(3, {1, 2}));
}

}  // namespace
}  // namespace qconvert
