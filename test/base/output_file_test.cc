// Result files appear whole or not at all.
#include "lib/base/output_file.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "test/support/errors.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

namespace fs = std::filesystem;

/// Makes the disk look full behind so many bytes of a file.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST_CASE("A written file replaces what stood there and leaves nothing else", "[base]") {
  const ScratchFolder folder;
  const std::string path = folder.Write("model.tflite", "an older and longer file");
  const std::string bytes("new\0bytes", 9);
  WriteFile(path, bytes);
  CHECK(ReadBytes(path) == bytes);
  WriteFile(path, "");
  CHECK(ReadBytes(path).empty());
  CHECK(folder.Names() == std::set<std::string>{"model.tflite"});
}

TEST_CASE("Files larger than one write() arrive whole", "[base]") {
  const ScratchFolder folder;
  std::string bytes(5 << 20, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 2654435761U >> 24);
  WriteFile(folder / "big", bytes);
  CHECK(ReadBytes(folder / "big") == bytes);
}

TEST_CASE("When the disk is full the old file stays and no part of the new one", "[base]") {
  const ScratchFolder folder;
  const std::string path = folder.Write("model.tflite", "old");
  const Error error = ErrorOf([&] {
    const FileSizeLimit limit(1 << 16);
    WriteFile(path, std::string(1 << 17, 'x'));
  });
  CHECK_THAT(error, IsError(ErrorKind::kIo, path));
  CHECK(ReadBytes(path) == "old");
  CHECK(folder.Names() == std::set<std::string>{"model.tflite"});
}

TEST_CASE("Targets that cannot be written are named with the reason", "[base]") {
  const ScratchFolder folder;
  std::string path = folder / "no/such/folder/model.tflite", reason = "No such file";
  SECTION("a missing folder") {}
  SECTION("a folder in the file's place") {
    path = folder.path();
    reason = "Is a directory";
  }
  SECTION("a file in the folder's place") {
    path = folder.Write("file", "") + "/model.tflite";
    reason = "Not a directory";
  }
  SECTION("a name that is too long") {
    path = folder / std::string(300, 'n');
    reason = "File name too long";
  }
  const auto names = folder.Names();
  for (const bool write : {false, true}) {
    const Error error = ErrorOf([&] { write ? WriteFile(path, "x") : RequireWritable(path); });
    CHECK_THAT(error, IsError(ErrorKind::kIo, "cannot write '" + path + "': " + reason));
  }
  CHECK(folder.Names() == names);
}

TEST_CASE("Asking whether a file could be written changes nothing", "[base]") {
  const ScratchFolder folder;
  const std::string path = folder.Write("model.tflite", "old");
  RequireWritable(path);
  RequireWritable(folder / "other");
  CHECK(ReadBytes(path) == "old");
  CHECK(folder.Names() == std::set<std::string>{"model.tflite"});
}

TEST_CASE("A killed run's leftover of the same process number is no obstacle", "[base]") {
  const ScratchFolder folder;
  folder.Write("model.tflite." + std::to_string(getpid()) + ".tmp", "half a file");
  WriteFile(folder / "model.tflite", "whole");
  CHECK(ReadBytes(folder / "model.tflite") == "whole");
  CHECK(folder.Names() == std::set<std::string>{"model.tflite"});
}

TEST_CASE("Devices are written to, not replaced", "[base]") {
  const ScratchFolder folder;
  // Links: should the device be renamed over after all, only a link is lost.
  fs::create_symlink("/dev/null", folder / "null");
  fs::create_symlink("/dev/full", folder / "full");
  RequireWritable(folder / "null");
  WriteFile(folder / "null", "x");
  CHECK(fs::is_character_file(folder / "null"));
  const Error error = ErrorOf([&] { WriteFile(folder / "full", "x"); });
  CHECK_THAT(error, IsError(ErrorKind::kIo, "No space left"));
  CHECK(folder.Names() == std::set<std::string>{"full", "null"});
}

}  // namespace
}  // namespace qconvert
