// IDX, the format of MNIST, gzipped or not.
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "lib/samples/array.h"
#include "test/samples/array_files.h"
#include "test/samples/compressed.h"
#include "test/support/errors.h"

namespace qconvert {
namespace {

const std::string kPictures = Idx({2, 1, 3}, "abcdef");

Array Read(const std::string& bytes) {
  auto owner = std::make_shared<const std::string>(bytes);
  return ReadIdx(AsBytes(*owner), owner);
}

TEST_CASE("IDX bytes are read, gzipped or not", "[samples]") {
  for (const std::string& bytes : {kPictures, Gzip(kPictures)}) {
    const Array array = Read(bytes);
    CHECK(array.type == ElementType::kUInt8);
    CHECK(array.shape == Shape{2, 1, 3});
    CHECK(ValuesOf<char>(array) == std::vector<char>{'a', 'b', 'c', 'd', 'e', 'f'});
  }
  CHECK(Read(Idx({0, 28, 28}, "")).bytes.empty());
}

TEST_CASE("What is no IDX of bytes is refused with the reason", "[samples]") {
  const auto refuses = [](const std::string& bytes, const std::string& reason) {
    CHECK_THAT(ErrorOf([&] { Read(bytes); }), IsError(ErrorKind::kUnusable, reason));
  };
  refuses("\x89PNG", "not an IDX file");
  refuses(std::string("\0\0\x0D\1", 4) + Big(1, 4) + "1234", "other than unsigned bytes");
  refuses(Gzip("text"), "not an IDX file");
  refuses("\x1F\x8B no gzip stream", "damaged");
}

TEST_CASE("An IDX that promises more than it holds is refused", "[samples]") {
  const uint32_t kMost = 0xFFFFFFFF;
  for (const auto& dims : std::vector<std::vector<uint32_t>>{
           {3, 1, 3}, {kMost}, {kMost, kMost}, {kMost, kMost, kMost}, {1U << 31, 2, 1U << 31}}) {
    CHECK(ErrorOf([&] { Read(Idx(dims, "abcdef")); }).kind() == ErrorKind::kUnusable);
  }
  const std::string all_dims(4, '\xFF');
  CHECK_THAT(ErrorOf([&] { Read(std::string("\0\0\x08\xFF", 4) + all_dims); }),
             IsError(ErrorKind::kUnusable, "header is cut off"));
}

TEST_CASE("An IDX cut off anywhere is refused, bit flips do no harm", "[samples]") {
  for (const std::string& bytes : {kPictures, Gzip(kPictures)}) {
    for (size_t size = 0; size < bytes.size(); ++size) {
      INFO(size);
      CHECK(ErrorOf([&] { Read(bytes.substr(0, size)); }).kind() == ErrorKind::kUnusable);
    }
    RequireSurvivesFlips(
        bytes, [](auto damaged) { ReadIdx(damaged, nullptr); }, 2000);
  }
}

}  // namespace
}  // namespace qconvert
