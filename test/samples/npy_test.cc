// numpy's .npy: every element type, and hostile headers.
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "lib/samples/array.h"
#include "test/samples/array_files.h"
#include "test/support/errors.h"

namespace qconvert {
namespace {

Array Read(const std::string& bytes) {
  auto owner = std::make_shared<const std::string>(bytes);
  return ReadNpy(AsBytes(*owner), owner);
}

template <typename T>
void RequireReads(const std::string& descr, ElementType type, const std::vector<T>& values) {
  INFO(descr);
  const Array array = Read(Npy(descr, "(" + std::to_string(values.size()) + ",)", Raw(values)));
  CHECK(array.type == type);
  CHECK(array.shape == Shape{static_cast<int64_t>(values.size())});
  CHECK(ValuesOf<T>(array) == values);
}

TEST_CASE("Every element type that numpy writes for a network's inputs is read", "[samples]") {
  RequireReads<float>("<f4", ElementType::kFloat32, {0, -1.5F, 3e38F});
  RequireReads<double>("<f8", ElementType::kFloat64, {0, -1.5, 1e300});
  RequireReads<uint16_t>("<f2", ElementType::kFloat16, {0x3C00, 0xC000});
  RequireReads<int8_t>("|i1", ElementType::kInt8, {-128, 0, 127});
  RequireReads<uint8_t>("|u1", ElementType::kUInt8, {0, 128, 255});
  RequireReads<int16_t>("<i2", ElementType::kInt16, {-32768, 32767});
  RequireReads<int32_t>("<i4", ElementType::kInt32, {-5, 1 << 30});
  RequireReads<int64_t>("<i8", ElementType::kInt64, {-5, int64_t{1} << 62});
  RequireReads<uint8_t>("|b1", ElementType::kBool, {0, 1});
}

TEST_CASE("Shapes of any rank are read, scalars and empty arrays too", "[samples]") {
  CHECK(Read(FloatNpy("()", {7})).shape.empty());
  CHECK(Read(FloatNpy("(2, 3)", {1, 2, 3, 4, 5, 6})).shape == Shape{2, 3});
  CHECK(Read(FloatNpy("(1, 2, 1, 3)", {1, 2, 3, 4, 5, 6})).shape == Shape{1, 2, 1, 3});
  CHECK(Read(FloatNpy("(0, 3)", {})).bytes.empty());
}

TEST_CASE("Version 2 of the format, with a longer header, is read", "[samples]") {
  const std::string header = "{'shape': (2,), 'fortran_order': False, 'descr': '<f4'}\n";
  const std::string bytes =
      "\x93NUMPY" + std::string("\2\0", 2) + Little(header.size(), 4) + header + Raw<float>({1, 2});
  CHECK(ValuesOf<float>(Read(bytes)) == std::vector<float>{1, 2});
}

TEST_CASE("An array that we cannot take is refused with the reason", "[samples]") {
  const auto refuses = [](const std::string& bytes, const std::string& reason) {
    CHECK_THAT(ErrorOf([&] { Read(bytes); }), IsError(ErrorKind::kUnusable, reason));
  };
  refuses("", "not an .npy file");
  refuses("PK\3\4 a zip archive", "not an .npy file");
  refuses(Npy("<f4", "(2, 2)", Raw<float>({1, 2, 3, 4}), "True"), "Fortran order");
  refuses(Npy(">f4", "(1,)", "1234"), "its elements are >f4, not numbers");
  refuses(Npy("<c8", "(1,)", "12345678"), "its elements are <c8, not");
  refuses(Npy("|O", "(1,)", "cpickle"), "its elements are |O, not");
  refuses(Npy("<f4", "[1]", "1234"), "damaged shape");
  refuses(Npy("<f4", "(1", "1234"), "damaged shape");
  refuses(Npy("<f4", "(-1,)", "1234"), "damaged shape");
  refuses(FloatNpy("(3,)", {1, 2}), "cut off");
}

TEST_CASE("Sizes that overflow are refused before memory is taken", "[samples]") {
  for (const char* shape :
       {"(4611686018427387904,)", "(99999999999999999999999999999,)",
        "(4294967296, 4294967296, 4294967296)", "(1099511627776, 1099511627776)",
        "(1000000, 1000000)", "(0, 4611686018427387904)"}) {
    INFO(shape);
    CHECK(ErrorOf([&] { Read(FloatNpy(shape, {1})); }).kind() == ErrorKind::kUnusable);
  }
}

TEST_CASE("A header longer than the file is refused", "[samples]") {
  std::string bytes = FloatNpy("(2,)", {1, 2});
  bytes.replace(6, 6, "\2" + std::string(1, '\0') + "\xFF\xFF\xFF\xFF");
  CHECK_THAT(ErrorOf([&] { Read(bytes); }), IsError(ErrorKind::kUnusable, "cut off"));
}

TEST_CASE("An .npy cut off anywhere is refused, bit flips do no harm", "[samples]") {
  const std::string bytes = FloatNpy("(2, 3)", {1, 2, 3, 4, 5, 6});
  for (size_t size = 0; size < bytes.size(); ++size) {
    INFO(size);
    CHECK(ErrorOf([&] { Read(bytes.substr(0, size)); }).kind() == ErrorKind::kUnusable);
  }
  RequireSurvivesFlips(
      bytes, [](auto damaged) { ReadNpy(damaged, nullptr); }, 5000);
}

TEST_CASE("Numbers become what the model's input takes", "[samples]") {
  const Array halves = Read(Npy("<f2", "(3,)", Raw<uint16_t>({0x3C00, 0xC100, 0x7C00})));
  CHECK(ValuesOf<float>(AsType(halves, ElementType::kFloat32)) ==
        std::vector<float>{1, -2.5F, INFINITY});
  const Array bytes = Read(Npy("|u1", "(2,)", Raw<uint8_t>({0, 255})));
  CHECK(ValuesOf<float>(AsType(bytes, ElementType::kFloat32)) == std::vector<float>{0, 255});
  CHECK(ValuesOf<int64_t>(AsType(bytes, ElementType::kInt64)) == std::vector<int64_t>{0, 255});
  const Array wide = Read(Npy("<i8", "(2,)", Raw<int64_t>({-7, 2147483647})));
  CHECK(ValuesOf<int32_t>(AsType(wide, ElementType::kInt32)) ==
        std::vector<int32_t>{-7, 2147483647});
  const Array whole = Read(Npy("<f8", "(2,)", Raw<double>({-3, 12})));
  CHECK(ValuesOf<int8_t>(AsType(whole, ElementType::kInt8)) == std::vector<int8_t>{-3, 12});
}

TEST_CASE("Numbers that an integer input cannot hold are refused", "[samples]") {
  const auto refuses = [](const std::string& npy, ElementType type) {
    CHECK_THAT(ErrorOf([&] { AsType(Read(npy), type); }),
               IsError(ErrorKind::kUnusable, std::string(ElementTypeName(type))));
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double value : {0.5, 128.0, -129.0, 1e300, nan, double{INFINITY}}) {
    refuses(Npy("<f8", "(1,)", Raw<double>({value})), ElementType::kInt8);
  }
  refuses(Npy("<i8", "(1,)", Raw<int64_t>({int64_t{1} << 31})), ElementType::kInt32);
  refuses(Npy("|i1", "(1,)", Raw<int8_t>({-1})), ElementType::kUInt8);
  refuses(Npy("<f8", "(1,)", Raw<double>({0x1p63})), ElementType::kInt64);
}

}  // namespace
}  // namespace qconvert
