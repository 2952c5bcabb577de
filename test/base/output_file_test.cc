// Result files appear whole or not at all.
#include "lib/base/output_file.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
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

TEST_CASE("A link stays a link and its target is replaced", "[base]") {
  const ScratchFolder folder;
  const std::string target = folder.Write("real/model.tflite", "old");
  fs::create_symlink("real/model.tflite", folder / "second");
  fs::create_symlink("second", folder / "first");
  WriteFile(folder / "first", "new");
  CHECK(ReadBytes(target) == "new");
  CHECK(fs::is_symlink(folder / "first"));
  CHECK(fs::is_symlink(folder / "second"));
  CHECK(folder.Names() == std::set<std::string>{"real", "first", "second"});
}

TEST_CASE("A link to nothing gets its target, a circle of links gets a reason", "[base]") {
  const ScratchFolder folder;
  fs::create_directory(folder / "real");
  fs::create_symlink("real/model.tflite", folder / "link");
  RequireWritable(folder / "link");
  CHECK_FALSE(fs::exists(folder / "link"));
  WriteFile(folder / "link", "new");
  CHECK(ReadBytes(folder / "real/model.tflite") == "new");
  fs::create_symlink("circle", folder / "circle");
  CHECK_THAT(ErrorOf([&] { WriteFile(folder / "circle", "x"); }),
             IsError(ErrorKind::kIo, "circle': Too many levels of symbolic links"));
}

TEST_CASE("A replaced file keeps its permissions, a new one has those of the mask", "[base]") {
  const ScratchFolder folder;
  const std::string path = folder.Write("model.tflite", "old");
  for (const auto mode : {0600U, 0444U, 0666U, 0755U, 0200U}) {
    fs::permissions(path, static_cast<fs::perms>(mode));
    WriteFile(path, "new");
    CHECK(static_cast<unsigned>(fs::status(path).permissions()) == mode);
  }
  const mode_t before = umask(027);
  WriteFile(folder / "fresh", "x");
  umask(before);
  CHECK(static_cast<unsigned>(fs::status(folder / "fresh").permissions()) == 0640U);
}

TEST_CASE("A pipe takes the bytes and stays a pipe", "[base]") {
  const ScratchFolder folder;
  const std::string pipe = folder / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  RequireWritable(pipe);
  const int reader = open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  REQUIRE(reader >= 0);
  fs::create_symlink("pipe", folder / "link");
  WriteFile(pipe, "by name");
  WriteFile(folder / "link", ", by link");
  std::string read(64, '\0');
  read.resize(static_cast<size_t>(::read(reader, read.data(), read.size())));
  close(reader);
  CHECK(read == "by name, by link");
  CHECK(fs::is_fifo(pipe));
  CHECK(folder.Names() == std::set<std::string>{"pipe", "link"});
}

TEST_CASE("An open descriptor is written to where it stands", "[base]") {
  const ScratchFolder folder;
  const std::string path = folder.Write("log", "one ");
  const int descriptor = open(path.c_str(), O_WRONLY | O_APPEND);
  fs::create_symlink("/dev/fd/" + std::to_string(descriptor), folder / "link");
  RequireWritable(folder / "link");
  WriteFile(folder / "link", "two ");
  WriteFile("/proc/self/fd/" + std::to_string(descriptor), "three");
  close(descriptor);
  CHECK(ReadBytes(path) == "one two three");
}

TEST_CASE("A descriptor that is open for reading only cannot be an output", "[base]") {
  const ScratchFolder folder;
  const int descriptor = open(folder.Write("file", "old").c_str(), O_RDONLY);
  const std::string path = "/dev/fd/" + std::to_string(descriptor);
  CHECK_THAT(ErrorOf([&] { RequireWritable(path); }),
             IsError(ErrorKind::kIo, "'" + path + "': Bad file descriptor"));
  close(descriptor);
}

TEST_CASE("A terminal takes the bytes", "[base]") {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  REQUIRE(terminal >= 0);
  REQUIRE(grantpt(terminal) == 0);
  REQUIRE(unlockpt(terminal) == 0);
  const std::string path = ptsname(terminal);
  const int other_end = open(path.c_str(), O_RDWR | O_NOCTTY);  // it holds what nobody has read yet
  WriteFile(path, "x");
  char read = 0;
  CHECK(::read(terminal, &read, 1) == 1);
  CHECK(read == 'x');
  CHECK(fs::is_character_file(path));
  close(other_end);
  close(terminal);
}

TEST_CASE("A device that is full says so", "[base]") {
  const ScratchFolder folder;
  fs::create_symlink("/dev/null", folder / "null");
  fs::create_symlink("/dev/full", folder / "full");
  RequireWritable(folder / "null");
  WriteFile(folder / "null", "x");
  const Error error = ErrorOf([&] { WriteFile(folder / "full", "x"); });
  CHECK_THAT(error, IsError(ErrorKind::kIo, "No space left"));
  CHECK(fs::is_character_file("/dev/null"));
  CHECK(folder.Names() == std::set<std::string>{"full", "null"});
}

}  // namespace
}  // namespace qconvert
