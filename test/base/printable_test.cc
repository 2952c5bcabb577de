// What names from files look like on a terminal.
#include "lib/base/printable.h"

#include <catch2/catch.hpp>

namespace qconvert {
namespace {

TEST_CASE("Text of any script stays as it is", "[base]") {
  const std::string text = "conv1/weights \xC3\xA9 \xE4\xB8\xAD \xF0\x9F\x98\x80 \\x1B";
  CHECK(Printable(text) == text);
}

TEST_CASE("Control characters are spelled out, but those that are kept", "[base]") {
  CHECK(Printable("a\x1B[2Kb\n\t\x7F") == "a\\x1B[2Kb\\x0A\\x09\\x7F");
  CHECK(Printable("a\nb\r", "\n") == "a\nb\\x0D");
  CHECK(Printable(std::string_view("\0", 1)) == "\\x00");
  CHECK(Printable("\xC2\x9B") == "\\xC2\\x9B");  // U+009B begins an escape sequence, too
}

TEST_CASE("Bytes that are no UTF-8 are spelled out one by one", "[base]") {
  CHECK(Printable("\xFF\xFE") == "\\xFF\\xFE");
  CHECK(Printable("\xC0\xAF") == "\\xC0\\xAF");                    // overlong
  CHECK(Printable("\xE0\x80\xAF") == "\\xE0\\x80\\xAF");           // overlong
  CHECK(Printable("\xED\xA0\x80") == "\\xED\\xA0\\x80");           // a surrogate
  CHECK(Printable("\xF4\x90\x80\x80") == "\\xF4\\x90\\x80\\x80");  // past U+10FFFF
  CHECK(Printable("\xE4\xB8") == "\\xE4\\xB8");                    // cut off
  CHECK(Printable("\x80z") == "\\x80z");
}

}  // namespace
}  // namespace qconvert
