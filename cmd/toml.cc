#include "cmd/toml.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <regex>

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"

namespace qconvert {
namespace {

const char* const kNumber = R"([+-]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?)";

bool IsBare(const std::string& word) {
  static const std::regex kBare(std::string("true|false|[+-]?inf|[+-]?nan|") + kNumber);
  return word.size() < 40 && std::regex_match(word, kBare);
}

bool IsKeyLetter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
}

/// Returns a code point in UTF-8.
std::string Utf8(uint32_t code) {
  std::string bytes;
  const int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  static constexpr std::array<uint32_t, 4> kLead = {0, 0xC0, 0xE0, 0xF0};
  bytes += static_cast<char>(kLead[static_cast<size_t>(more)] | (code >> (6 * more)));
  for (int i = more - 1; i >= 0; --i) {
    bytes += static_cast<char>(0x80 | ((code >> (6 * i)) & 0x3F));
  }
  return bytes;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::vector<TomlEntry> Parse() {
    std::vector<TomlEntry> entries;
    std::string section;
    for (SkipBlankLines(); !AtEnd(); SkipBlankLines()) {
      if (Peek() == '[') {
        section = ParseSection();
      } else {
        entries.push_back(ParseEntry(section));
        RequireOnce(entries);
      }
      EndLine();
    }
    return entries;
  }

 private:
  bool AtEnd() const { return at_ == text_.size(); }
  char Peek() const { return AtEnd() ? '\n' : text_[at_]; }
  bool AtEndOfLine() const { return Peek() == '\n'; }

  char Next() {
    if (AtEnd()) Refuse("the file ends too early");
    if (text_[at_] == '\n') ++line_;
    return text_[at_++];
  }

  [[noreturn]] void Refuse(const std::string& reason) const {
    Fail(ErrorKind::kUnusable, fmt::format("line {}: {}", line_, reason));
  }

  void Take(char wanted) {
    if (Peek() != wanted) Refuse(fmt::format("'{}' is missing", wanted));
    Next();
  }

  void SkipBlanks() {
    while (!AtEnd() && (Peek() == ' ' || Peek() == '\t' || Peek() == '\r')) Next();
  }

  void SkipComment() {
    SkipBlanks();
    if (Peek() != '#') return;
    while (!AtEndOfLine()) Next();
  }

  void SkipBlankLines() {
    for (SkipComment(); !AtEnd() && AtEndOfLine(); SkipComment()) Next();
  }

  void EndLine() {
    SkipComment();
    if (!AtEndOfLine()) Refuse("more stands behind the value; one key and its value are a line");
  }

  void RequireOnce(const std::vector<TomlEntry>& entries) const {
    const TomlEntry& last = entries.back();
    const auto same = [&](const TomlEntry& entry) {
      return entry.section == last.section && entry.key == last.key;
    };
    if (std::count_if(entries.begin(), entries.end(), same) > 1) {
      Refuse(fmt::format("'{}' is given twice", last.key));
    }
  }

  std::string ParseSection() {
    Take('[');
    SkipBlanks();
    const std::string name = ParseKey();
    SkipBlanks();
    Take(']');
    return name;
  }

  std::string ParseKey() {
    if (Peek() == '"' || Peek() == '\'') return ParseString();
    std::string key;
    while (!AtEnd() && IsKeyLetter(Peek())) key += Next();
    if (key.empty()) Refuse("a key is missing; a line is 'key = value'");
    return key;
  }

  TomlEntry ParseEntry(const std::string& section) {
    TomlEntry entry{.section = section, .key = {}, .values = {}, .line = line_};
    entry.key = ParseKey();
    SkipBlanks();
    Take('=');
    SkipBlanks();
    if (Peek() == '[') {
      entry.values = ParseArray();
    } else {
      entry.values.push_back(ParseValue());
    }
    return entry;
  }

  std::vector<std::string> ParseArray() {
    std::vector<std::string> values;
    Take('[');
    for (SkipBlankLines(); Peek() != ']'; SkipBlankLines()) {
      values.push_back(ParseValue());
      SkipBlankLines();
      if (Peek() == ']') break;
      Take(',');
    }
    Take(']');
    return values;
  }

  std::string ParseValue() {
    if (Peek() == '"' || Peek() == '\'') return ParseString();
    std::string word;
    while (!AtEnd() && (IsKeyLetter(Peek()) || Peek() == '.' || Peek() == '+')) word += Next();
    if (!IsBare(word)) {
      Refuse(fmt::format("'{}' is no number, boolean or text in quotes", word));
    }
    return word;
  }

  std::string ParseString() {
    const char quote = Next();
    std::string value;
    while (Peek() != quote) {
      if (AtEndOfLine()) Refuse("a text does not end on its line");
      const char c = Next();
      value += c == '\\' && quote == '"' ? ParseEscape() : std::string(1, c);
    }
    Take(quote);
    return value;
  }

  std::string ParseEscape() {
    static constexpr std::string_view kNames = "btnfr\"\\", kMeanings = "\b\t\n\f\r\"\\";
    const char name = Next();
    if (name == 'u') return ParseCode(4);
    if (name == 'U') return ParseCode(8);
    const size_t which = kNames.find(name);
    if (which == std::string_view::npos) {
      Refuse(fmt::format("'\\{}' means nothing; write '\\\\', or the text in single quotes", name));
    }
    return std::string(1, kMeanings[which]);
  }

  std::string ParseCode(int digits) {
    uint32_t code = 0;
    for (int i = 0; i < digits; ++i) {
      const char digit = Next();
      if (std::isxdigit(static_cast<unsigned char>(digit)) == 0) Refuse("a code is hexadecimal");
      code = 16 * code + static_cast<uint32_t>(std::stoi(std::string(1, digit), nullptr, 16));
    }
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) Refuse("no letter has this code");
    return Utf8(code);
  }

  std::string_view text_;
  size_t at_ = 0, line_ = 1;
};

std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x20 || code == 0x7F) {
      quoted += fmt::format("\\u{:04x}", code);
    } else {
      quoted += c == '"' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
    }
  }
  return quoted + '"';
}

}  // namespace

std::vector<TomlEntry> ParseToml(std::string_view text) { return Parser(text).Parse(); }

std::string TomlText(const std::vector<std::string>& values) {
  std::vector<std::string> texts;
  for (const std::string& value : values) texts.push_back(IsBare(value) ? value : Quoted(value));
  return texts.size() == 1 ? texts.front() : fmt::format("[{}]", fmt::join(texts, ", "));
}

}  // namespace qconvert
