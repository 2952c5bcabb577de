// What a test says about errors: which one a call throws, and that no damage to a file does worse.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include <catch2/catch.hpp>

#include "lib/base/error.h"
#include "test/support/random.h"

namespace qconvert {

/// Returns the Error that `body` throws; fails the test when it throws none.
template <typename Body>
Error ErrorOf(Body body) {
  try {
    body();
  } catch (const Error& error) {
    return error;
  }
  FAIL("no error was thrown");
  return {ErrorKind::kInternal, ""};
}

/// Matches an Error by its kind and a part of its message.
class IsError : public Catch::MatcherBase<Error> {
 public:
  IsError(ErrorKind kind, std::string part) : kind_(kind), part_(std::move(part)) {}

  bool match(const Error& error) const override {
    return error.kind() == kind_ && std::string(error.what()).find(part_) != std::string::npos;
  }
  std::string describe() const override {
    return "has kind " + std::to_string(static_cast<int>(kind_)) + " and says \"" + part_ + "\"";
  }

 private:
  ErrorKind kind_;
  std::string part_;
};

inline std::span<const std::byte> AsBytes(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// Calls `read` with damaged bytes: it may return, or throw an Error that blames the file or asks
/// for a flag.
template <typename Read>
void RequireSurvives(const std::string& bytes, Read read) {
  // An exact allocation, so that the address sanitizer sees a read past the end.
  const std::vector<char> exact(bytes.begin(), bytes.end());
  try {
    read(std::as_bytes(std::span(exact)));
  } catch (const Error& error) {
    const int kind = error.exit_code();
    if (kind < 2 || kind > 4) FAIL("damage became kind " << kind << ": " << error.what());
  }
}

/// Cuts `bytes` off at every place that is a multiple of `step`.
template <typename Read>
void RequireSurvivesTruncation(const std::string& bytes, Read read, size_t step = 1) {
  for (size_t size = 0; size < bytes.size(); size += step) {
    INFO("cut off at " << size);
    RequireSurvives(bytes.substr(0, size), read);
  }
}

/// Flips one to eight bits at random places, `times` times.
template <typename Read>
void RequireSurvivesFlips(const std::string& bytes, Read read, int times) {
  Random random(1);
  for (int i = 0; i < times; ++i) {
    INFO("damage number " << i);
    std::string damaged = bytes;
    for (int64_t flips = random.Integer(1, 8); flips > 0; --flips) {
      damaged[random.Next() % bytes.size()] ^= static_cast<char>(1 << random.Integer(0, 7));
    }
    RequireSurvives(damaged, read);
  }
}

}  // namespace qconvert
