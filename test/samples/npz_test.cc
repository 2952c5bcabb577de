// numpy's .npz: zip archives, honest and hostile.
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "lib/samples/array.h"
#include "lib/samples/inflate.h"
#include "test/samples/array_files.h"
#include "test/samples/compressed.h"
#include "test/support/errors.h"

namespace qconvert {
namespace {

const std::string kOne = FloatNpy("(2,)", {1, 2});
const std::string kTwo = FloatNpy("(3,)", {3, 4, 5});

std::map<std::string, Array> Read(const std::string& bytes,
                                  const std::set<std::string>& names = {"one", "two"}) {
  auto owner = std::make_shared<const std::string>(bytes);
  std::map<std::string, ShapeCheck> wanted;
  for (const std::string& name : names) wanted[name] = nullptr;
  return ReadNpz(AsBytes(*owner), owner, wanted);
}

TEST_CASE("Members of an .npz are read, stored or compressed", "[samples]") {
  for (const std::string& comment : {std::string(), std::string(65535, 'c')}) {
    const auto arrays = Read(Zip({Stored("one.npy", kOne), Deflated("two.npy", kTwo)}, comment));
    REQUIRE(arrays.size() == 2);
    CHECK(ValuesOf<float>(arrays.at("one")) == std::vector<float>{1, 2});
    CHECK(ValuesOf<float>(arrays.at("two")) == std::vector<float>{3, 4, 5});
  }
}

TEST_CASE("Members that nobody asked for are left alone, whatever they hold", "[samples]") {
  const std::string archive =
      Zip({Stored("names.npy", Npy("<U10", "(1,)", std::string(40, 'n'))), Stored("note.txt", "hi"),
           Member{"secret.npy", "x", 99, 1}, Deflated("one.npy", kOne)});
  const auto arrays = Read(archive);
  REQUIRE(arrays.size() == 1);
  CHECK(ValuesOf<float>(arrays.at("one")) == std::vector<float>{1, 2});
}

TEST_CASE("A damaged member is named", "[samples]") {
  const auto refuses = [](const Member& member, const std::string& reason) {
    const Error error = ErrorOf([&] { Read(Zip({Stored("two.npy", kTwo), member})); });
    CHECK_THAT(error, IsError(ErrorKind::kUnusable, "member 'one.npy'"));
    CHECK_THAT(error, IsError(ErrorKind::kUnusable, reason));
  };
  refuses(Stored("one.npy", "text"), "not an .npy file");
  refuses({"one.npy", kOne, 12, 80}, "compressed in an unknown way");
  refuses({"one.npy", "no deflate stream", 8, 80}, "damaged");
  refuses({"one.npy", Deflate(kOne, -15).substr(0, 20), 8, 80}, "cut off");
}

TEST_CASE("What is no zip archive, or has members of 4 GB, is refused", "[samples]") {
  for (const std::string& bytes : {std::string(), std::string(1000, 'x'), kOne}) {
    CHECK_THAT(ErrorOf([&] { Read(bytes); }), IsError(ErrorKind::kUnusable, "not a zip archive"));
  }
  CHECK_THAT(ErrorOf([] {
               Read(Zip({Member{"one.npy", kOne, 0, 0xFFFFFFFF}}));
             }),
             IsError(ErrorKind::kUnusable, "zip64"));
}

TEST_CASE("A member that grows beyond what its header says is given up early", "[samples]") {
  const std::string zeros(64 << 20, '\0');
  const std::string bomb = Deflate(kOne + zeros, -15);
  REQUIRE(bomb.size() < zeros.size() / 1000);
  const Error error = ErrorOf([&] { Read(Zip({Member{"one.npy", bomb, 8, 100}})); });
  CHECK_THAT(error, IsError(ErrorKind::kUnusable,
                            "grows beyond " + std::to_string(kOne.size()) + " bytes"));
}

TEST_CASE("A member whose shape is of no use is refused before it is decompressed", "[samples]") {
  const std::string large = FloatNpy("(50000,)", std::vector<float>(50000, 1));
  const std::string cut = Deflate(large, -15).substr(0, 300);
  const auto owner = std::make_shared<const std::string>(Zip({Member{"x.npy", cut, 8, 200080}}));
  const auto refuse = [](const Shape& shape) {
    Fail(ErrorKind::kUnusable, "of no use: " + ToText(shape));
  };
  const Error error = ErrorOf([&] { ReadNpz(AsBytes(*owner), owner, {{"x", refuse}}); });
  CHECK_THAT(error, IsError(ErrorKind::kUnusable, "of no use: 50000"));
}

TEST_CASE("Members that nobody asked for cost no memory, however often they overlap", "[samples]") {
  // Many directory entries for one stream: 2000 times 16 MB, were all of them decompressed.
  const std::string bomb = Deflate(std::string(16 << 20, '\0'), -15);
  std::string archive = Zip({Member{"bomb.npy", bomb, 8, 16 << 20}});
  const size_t directory_at = archive.find("PK\1\2"), end_at = archive.find("PK\5\6");
  const std::string entry = archive.substr(directory_at, end_at - directory_at);
  archive.resize(directory_at);
  for (int i = 0; i < 2000; ++i) archive += entry;
  archive += "PK\5\6" + Little(0, 4) + Little(2000, 2) + Little(2000, 2) +
             Little(2000 * entry.size(), 4) + Little(directory_at, 4) + Little(0, 2);
  CHECK(Read(archive).empty());
}

TEST_CASE("An .npz cut off anywhere is refused, bit flips do no harm", "[samples]") {
  const std::string bytes = Zip({Stored("one.npy", kOne), Deflated("two.npy", kTwo)});
  for (size_t size = 0; size < bytes.size(); ++size) {
    INFO(size);
    CHECK(ErrorOf([&] { Read(bytes.substr(0, size)); }).kind() == ErrorKind::kUnusable);
  }
  RequireSurvivesFlips(
      bytes,
      [](auto damaged) {
        ReadNpz(damaged, nullptr, {{"one", nullptr}, {"two", nullptr}});
      },
      5000);
}

TEST_CASE("Decompression gives the bytes back, up to the limit and not beyond", "[samples]") {
  std::string bytes(3 << 20, '\0');  // more than a block, and not only zeros
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i / 1000);
  for (const Compression compression : {Compression::kGzip, Compression::kRawDeflate}) {
    const int window_bits = compression == Compression::kGzip ? 31 : -15;
    const std::string small = Deflate(bytes, window_bits);
    const auto result = Inflate(AsBytes(small), compression, bytes.size());
    CHECK(std::equal(result.begin(), result.end(), AsBytes(bytes).begin(), AsBytes(bytes).end()));
    const std::string nothing = Deflate("", window_bits);
    CHECK(Inflate(AsBytes(nothing), compression, 0).empty());
    const auto beyond = [&] { Inflate(AsBytes(small), compression, bytes.size() - 1); };
    CHECK_THAT(ErrorOf(beyond), IsError(ErrorKind::kUnusable, "grows beyond"));
    for (const size_t size : {size_t{0}, size_t{1}, size_t{9}, small.size() / 2}) {
      const auto cut = [&] { Inflate(AsBytes(small).subspan(0, size), compression, bytes.size()); };
      CHECK_THAT(ErrorOf(cut), IsError(ErrorKind::kUnusable, "cut off"));
    }
  }
}

}  // namespace
}  // namespace qconvert
