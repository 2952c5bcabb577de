#include "lib/base/file_kind.h"

#include <string>

#include <catch2/catch.hpp>

namespace qconvert {
namespace {

std::string KindOf(const std::string& text) { return FileKind(std::as_bytes(std::span(text))); }

TEST_CASE("Files are known by their first bytes", "[base]") {
  CHECK(KindOf("") == "an empty file");
  CHECK(KindOf(std::string("\x1C\0\0\0TFL3", 8)) == "a TFLite file");
  CHECK(KindOf("version https://git-lfs.github.com/spec/v1\n").starts_with("a git-lfs pointer"));
  CHECK(KindOf("<!DOCTYPE html>") == "a web page");
  CHECK(KindOf("PK\x03\x04").starts_with("a zip archive"));
  CHECK(KindOf(std::string(100, '\0')).starts_with("filled with zeros"));
  CHECK(KindOf("TFL") == "");
  CHECK(KindOf("\x08\x08\x12\x07pytorch") == "");
}

}  // namespace
}  // namespace qconvert
