// Files as bytes, and what cannot be one.
#include "lib/base/mapped_file.h"

#include <sys/stat.h>

#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "test/support/errors.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

std::string Text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST_CASE("A mapped file shows the file's bytes, also after the file is gone", "[base]") {
  const ScratchFolder folder;
  const std::string bytes("\0one\n\xFF", 6);
  const std::string path = folder.Write("file", bytes);
  const auto file = MappedFile::Open(path);
  std::filesystem::remove(path);
  CHECK(Text(file->bytes()) == bytes);
}

TEST_CASE("Released bytes come back when they are read again", "[base]") {
  const ScratchFolder folder;
  std::string bytes;
  for (int i = 0; i < 50000; ++i) bytes += static_cast<char>(i % 251);
  const auto file = MappedFile::Open(folder.Write("file", bytes));
  CHECK(Text(file->bytes()) == bytes);
  for (const auto& [first, count] : {std::pair{0, 50000}, {4095, 2}, {7, 0}, {49999, 1}}) {
    file->Release(file->bytes().subspan(static_cast<size_t>(first), static_cast<size_t>(count)));
    CHECK(Text(file->bytes()) == bytes);
  }
}

TEST_CASE("An empty file has no bytes", "[base]") {
  const ScratchFolder folder;
  CHECK(MappedFile::Open(folder.Write("empty", ""))->bytes().empty());
}

TEST_CASE("What is no readable file is refused with its name and the reason", "[base]") {
  const ScratchFolder folder;
  std::string path = folder.path(), reason = "Is a directory";
  SECTION("a folder") {}
  SECTION("nothing") {
    path = folder / "missing";
    reason = "No such file";
  }
  SECTION("a link to nothing") {
    path = folder / "link";
    std::filesystem::create_symlink("missing", path);
    reason = "No such file";
  }
  SECTION("a link to itself") {
    path = folder / "link";
    std::filesystem::create_symlink("link", path);
    reason = "Too many levels of symbolic links";
  }
  SECTION("a pipe, which nobody writes to") {
    path = folder / "pipe";
    REQUIRE(mkfifo(path.c_str(), 0600) == 0);
    reason = "not a regular file";
  }
  SECTION("an endless device") {
    path = "/dev/zero";
    reason = "not a regular file";
  }
  const Error error = ErrorOf([&] { MappedFile::Open(path); });
  CHECK_THAT(error, IsError(ErrorKind::kUnusable, "cannot read '" + path + "': " + reason));
}

}  // namespace
}  // namespace qconvert
