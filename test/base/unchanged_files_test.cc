#include "lib/base/unchanged_files.h"

#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "test/support/errors.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

namespace fs = std::filesystem;

TEST_CASE("Any change to a watched file is noticed, whatever its times say", "[base]") {
  const ScratchFolder folder;
  const std::string kept = folder.Write("kept", "same"), path = folder.Write("weights", "1234");
  const auto written = fs::last_write_time(path);
  const UnchangedFiles files({kept, path});
  CHECK_NOTHROW(files.Require());
  SECTION("written to in place") {
    folder.Write("weights", "5678");
    fs::last_write_time(path, written);
  }
  SECTION("replaced") { fs::rename(folder.Write("other", "1234"), path); }
  SECTION("removed") { fs::remove(path); }
  SECTION("cut") { fs::resize_file(path, 2); }
  CHECK_THAT(ErrorOf([&] { files.Require(); }),
             IsError(ErrorKind::kUnusable, path + ": it changed while it was converted"));
}

TEST_CASE("A file that was missing all along has not changed", "[base]") {
  const ScratchFolder folder;
  const UnchangedFiles files({folder / "missing"});
  CHECK_NOTHROW(files.Require());
  folder.Write("missing", "here");
  CHECK_THROWS(files.Require());
}

}  // namespace
}  // namespace qconvert
