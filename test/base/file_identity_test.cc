// Which paths lead to the same file, and which outputs are refused for it.
#include "lib/base/file_identity.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "lib/base/destination.h"
#include "lib/base/output_paths.h"
#include "test/support/errors.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

namespace fs = std::filesystem;

/// Makes the scratch folder the current one.
class CurrentFolder {
 public:
  explicit CurrentFolder(const ScratchFolder& folder) : before_(fs::current_path()) {
    fs::current_path(folder.path());
  }
  ~CurrentFolder() { fs::current_path(before_); }

 private:
  fs::path before_;
};

TEST_CASE("A file is the same by every path that leads to it", "[base]") {
  const ScratchFolder folder;
  const CurrentFolder current(folder);
  folder.Write("model", "x");
  folder.Write("other", "x");
  fs::create_directory("sub");
  fs::create_symlink("../model", "sub/link");
  fs::create_symlink("sub", "folder");
  fs::create_hard_link("model", "hard");
  const FileIdentity model = IdentityOf("model");
  for (const std::string path : {"./model", "sub/../model", "sub/link", "folder/link", "hard",
                                 "folder/../model", "missing/../model"}) {
    CHECK(IdentityOf(path) == model);
  }
  CHECK(IdentityOf(folder / "model") == model);
  CHECK(IdentityOf("other") != model);
  const int descriptor = open("hard", O_RDONLY);
  CHECK(IdentityOf(descriptor) == model);
  close(descriptor);
}

TEST_CASE("What does not exist is the same by folder and name", "[base]") {
  const ScratchFolder folder;
  const CurrentFolder current(folder);
  fs::create_directory("sub");
  fs::create_symlink("sub", "folder");
  fs::create_symlink("sub/new", "dangling");
  const FileIdentity fresh = IdentityOf("sub/new");
  for (const std::string path : {"folder/new", "./sub/./new", "dangling", "sub/no/../new",
                                 "no/../sub/new", "sub/../sub/new"}) {
    CHECK(IdentityOf(path) == fresh);
  }
  CHECK(IdentityOf(folder / "sub/new") == fresh);
  CHECK(IdentityOf("new") != fresh);
  CHECK(IdentityOf("sub/other") != fresh);
  CHECK(IdentityOf("deep/er/file") == IdentityOf("deep/x/../er/./file"));
  CHECK(IdentityOf("deep/er/file") != IdentityOf("er/file"));
  CHECK(IdentityOf("no/../../" + folder.path().substr(folder.path().rfind('/') + 1) + "/sub/new") ==
        fresh);
}

TEST_CASE("Circles of links, empty and endless names have an identity too", "[base]") {
  const ScratchFolder folder;
  fs::create_symlink("circle", folder / "circle");
  CHECK(IdentityOf(folder / "circle") == IdentityOf(folder / "circle"));
  CHECK(IdentityOf("") != IdentityOf(folder / "circle"));
  CHECK(IdentityOf(folder / std::string(5000, 'n')) != IdentityOf(folder / std::string(5001, 'n')));
}

TEST_CASE("The null device is known by any name", "[base]") {
  const ScratchFolder folder;
  fs::create_symlink("/dev/null", folder / "link");
  CHECK(IsNullDevice("/dev/null"));
  CHECK(IsNullDevice(folder / "link"));
  CHECK_FALSE(IsNullDevice("/dev/zero"));
  CHECK_FALSE(IsNullDevice(folder.Write("null", "")));
  CHECK_FALSE(IsNullDevice(folder / "missing"));
}

TEST_CASE("A chain of links ends at a file, at nothing, or at an open descriptor", "[base]") {
  const ScratchFolder folder;
  const std::string file = folder.Write("file", "x");
  const int descriptor = open(file.c_str(), O_RDONLY);
  const std::string number = std::to_string(descriptor);
  fs::create_symlink("/dev/fd/" + number, folder / "open");
  fs::create_symlink("file", folder / "link");
  fs::create_symlink("missing", folder / "dangling");
  CHECK(DestinationOf(folder / "open").descriptor == descriptor);
  CHECK(DestinationOf("/proc/self/fd/" + number).descriptor == descriptor);
  CHECK(DestinationOf("/proc/self/status").descriptor == std::nullopt);
  CHECK(DestinationOf(file).descriptor == std::nullopt);
  CHECK(DestinationOf(folder / "link").path == file);
  CHECK(DestinationOf(folder / "dangling").path == folder / "missing");
  close(descriptor);
  CHECK(DestinationOf("/dev/fd/" + number).descriptor == std::nullopt);
}

TEST_CASE("An output that is an input is refused with both names", "[base]") {
  const ScratchFolder folder;
  const std::string model = folder.Write("model", "x");
  fs::create_hard_link(model, folder / "hard");
  OutputPaths outputs;
  outputs.Add("output", folder / "hard", "choose another name with -o");
  CHECK(outputs.AnyExists());
  CHECK_THAT(ErrorOf([&] { outputs.RequireNot(model, "the model itself"); }),
             IsError(ErrorKind::kUsage, "output '" + folder / "hard" +
                                            "' is the model itself; choose another name with -o"));
  outputs.RequireNot(folder.Write("other", "x"), "one of the samples");
}

TEST_CASE("Two outputs to one place are refused", "[base]") {
  const ScratchFolder folder;
  OutputPaths outputs;
  outputs.Add("output", folder / "new", "");
  CHECK_FALSE(outputs.AnyExists());
  CHECK_THAT(ErrorOf([&] { outputs.Add("report", folder / "./new", ""); }),
             IsError(ErrorKind::kUsage, "are the same file or stream; choose two names"));
  outputs.Add("report", "-", "");
  CHECK_THAT(ErrorOf([&] { outputs.Add("report", "-", ""); }), IsError(ErrorKind::kUsage, "'-'"));
}

TEST_CASE("Any number of outputs may go to the null device", "[base]") {
  OutputPaths outputs;
  outputs.Add("output", "/dev/null", "");
  outputs.Add("report", "/dev/null", "");
  CHECK_FALSE(outputs.AnyExists());
}

}  // namespace
}  // namespace qconvert
