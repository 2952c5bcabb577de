// Files on the way to their place: who holds them, what killed processes leave.
#include "lib/base/temporary_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <regex>
#include <string>
#include <system_error>

#include <catch2/catch.hpp>

#include "lib/base/output_file.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

TEST_CASE("A temporary file lies beside its target until it takes its place", "[base]") {
  const ScratchFolder folder;
  {
    TemporaryFile file(folder / "model.tflite");
    REQUIRE(folder.Names().size() == 1);
    CHECK(std::regex_match(*folder.Names().begin(),
                           std::regex(R"(model\.tflite\.qconvert-[0-9]+\.tmp)")));
    file.ReplaceTarget();
    CHECK(folder.Names() == Names{"model.tflite"});
  }
  CHECK(folder.Names() == Names{"model.tflite"});
  { const TemporaryFile file(folder / "other"); }
  CHECK(folder.Names() == Names{"model.tflite"});
}

TEST_CASE("Two writers of one target have a file each, and the later one wins", "[base]") {
  const ScratchFolder folder;
  const std::string target = folder / "model.tflite";
  TemporaryFile first(target), second(target);
  CHECK(folder.Names().size() == 2);
  REQUIRE(write(second.descriptor(), "second", 6) == 6);
  second.ReplaceTarget();
  CHECK(ReadBytes(target) == "second");
  REQUIRE(write(first.descriptor(), "first", 5) == 5);
  first.ReplaceTarget();
  CHECK(ReadBytes(target) == "first");
  CHECK(folder.Names() == Names{"model.tflite"});
}

TEST_CASE("What a killed process left is removed by the next of the same target", "[base]") {
  const ScratchFolder folder;
  const std::string target = folder / "model.tflite";
  const pid_t child = fork();
  if (child == 0) {
    const TemporaryFile file(target);
    _exit(0);  // without the destructor, as a killed process
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(folder.Names().size() == 1);
  WriteFile(folder / "other.tflite", "x");
  CHECK(folder.Names().size() == 2);
  RequireWritable(target);
  CHECK(folder.Names() == Names{"other.tflite"});
}

TEST_CASE("Only files that look like ours and that nobody holds are leftovers", "[base]") {
  const ScratchFolder folder;
  const std::string held = folder.Write("m.tflite.qconvert-7.tmp", "being written");
  const int descriptor = open(held.c_str(), O_RDONLY);
  REQUIRE(flock(descriptor, LOCK_EX) == 0);
  folder.Write("target", "of a link");
  fs::create_symlink("target", folder / "m.tflite.qconvert-8.tmp");
  fs::create_directory(folder / "m.tflite.qconvert-9.tmp");
  for (const char* name :
       {"m.tflite.qconvert-.tmp", "m.tflite.qconvert-1a.tmp", "m.tflite.qconvert-12345678901.tmp",
        "m.tflite.qconvert-1.tmp.bak", "m.tflite.1.tmp", "m.qconvert-1.tmp", "m.tflite.tmp"}) {
    folder.Write(name, "of the user");
  }
  const Names before = folder.Names();
  folder.Write("m.tflite.qconvert-10.tmp", "left");
  WriteFile(folder / "m.tflite", "new");
  Names after = folder.Names();
  after.erase("m.tflite");
  CHECK(after == before);
  close(descriptor);
  WriteFile(folder / "m.tflite", "new");
  CHECK_FALSE(fs::exists(held));
}

TEST_CASE("A name may be as long as the system allows", "[base]") {
  const ScratchFolder folder;
  for (const size_t bytes : {size_t{200}, size_t{231}, size_t{232}, size_t{245}, size_t{255}}) {
    const std::string path = folder / std::string(bytes, 'n');
    RequireWritable(path);
    WriteFile(path, "x");
    CHECK(ReadBytes(path) == "x");
  }
}

TEST_CASE("A long name is not cut inside a UTF-8 character", "[base]") {
  const ScratchFolder folder;
  for (const std::string begin : {"", "n", "nn"}) {
    std::string name = begin;
    while (name.size() + 3 <= 255) name += "\u20AC";
    const TemporaryFile file(folder / name);
    const std::string temporary = *folder.Names().begin();
    const size_t stem = temporary.find(".qconvert-");
    CHECK((stem - begin.size()) % 3 == 0);
    CHECK(temporary.substr(0, stem) == name.substr(0, stem));
  }
}

TEST_CASE("Errors carry the system's reason", "[base]") {
  const ScratchFolder folder;
  const auto code = [&](const std::string& target) {
    try {
      const TemporaryFile file(target);
    } catch (const std::system_error& error) {
      return error.code().value();
    }
    return 0;
  };
  CHECK(code(folder.path()) == EISDIR);
  CHECK(code(folder / "missing/model.tflite") == ENOENT);
  CHECK(code(folder.Write("file", "") + "/model.tflite") == ENOTDIR);
  CHECK(code(folder / std::string(256, 'n')) == ENAMETOOLONG);
}

}  // namespace
}  // namespace qconvert
