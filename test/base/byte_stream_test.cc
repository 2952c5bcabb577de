#include "lib/base/byte_stream.h"

#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "test/support/errors.h"

namespace qconvert {
namespace {

TEST_CASE("Bytes give back what was written, little-endian", "[base]") {
  ByteWriter writer;
  writer.Unsigned(0x0102030405060708);
  writer.Float(-0.0F);
  writer.Double(std::numeric_limits<double>::denorm_min());
  writer.Doubles(std::vector{1.5, -2.0});
  writer.Text("ab");
  const std::vector<std::byte> bytes = writer.Take();
  CHECK(bytes.size() == 8 + 4 + 8 + 16 + 8 + 2);
  CHECK(bytes[0] == std::byte{8});
  CHECK(bytes[7] == std::byte{1});
  ByteReader reader(bytes);
  CHECK(reader.Unsigned() == 0x0102030405060708);
  const float zero = reader.Float();
  CHECK((zero == 0 && std::signbit(zero)));
  CHECK(reader.Double() == std::numeric_limits<double>::denorm_min());
  CHECK(reader.Doubles(2) == std::vector{1.5, -2.0});
  CHECK(reader.remaining() == 10);
  CHECK(reader.Text() == "ab");
  CHECK(reader.remaining() == 0);
}

TEST_CASE("Reading past the end is refused before anything is allocated", "[base]") {
  const std::vector<std::byte> bytes(15, std::byte{0xFF});
  const auto refused = [&](auto read) {
    ByteReader reader(bytes);
    CHECK_THAT(ErrorOf([&] { read(reader); }), IsError(ErrorKind::kUnusable, "ends too soon"));
  };
  refused([](ByteReader& reader) { reader.Text(); });
  refused([](ByteReader& reader) { reader.Bytes(16); });
  refused([](ByteReader& reader) { reader.Doubles(2); });
  refused([](ByteReader& reader) { reader.Doubles(~uint64_t{0}); });
  refused([](ByteReader& reader) {
    reader.Unsigned();
    reader.Unsigned();
  });
}

}  // namespace
}  // namespace qconvert
