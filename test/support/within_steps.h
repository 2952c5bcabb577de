// Catch2 matchers: integers within n steps, floats within an error, with a message that says where.
#pragma once

#include <cmath>
#include <cstdint>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

namespace qconvert {

/// Matches a vector of which no element is further than `most` from the expected one. A NaN matches
/// only a NaN.
template <typename T>
class WithinMatcher : public Catch::MatcherBase<std::vector<T>> {
 public:
  WithinMatcher(std::vector<T> expected, double most)
      : expected_(std::move(expected)), most_(most) {}

  bool match(const std::vector<T>& actual) const override {
    std::ostringstream message;
    if (actual.size() != expected_.size()) {
      message << "has " << actual.size() << " elements, expected " << expected_.size();
      message_ = message.str();
      return false;
    }
    size_t differing = 0;
    for (size_t i = 0; i < actual.size(); ++i) {
      const auto a = static_cast<double>(actual[i]), b = static_cast<double>(expected_[i]);
      if (a == b || std::abs(a - b) <= most_ || (std::isnan(a) && std::isnan(b))) continue;
      if (differing++ == 0) message << "[" << i << "] is " << a << ", expected " << b;
    }
    if (differing > 0) message << "; " << differing << " of " << actual.size() << " too far";
    message_ = message.str();
    return differing == 0;
  }

  std::string describe() const override {
    std::ostringstream text;
    text << "is within " << most_ << ": " << message_;
    return text.str();
  }

 private:
  std::vector<T> expected_;
  double most_;
  mutable std::string message_;
};

/// Matches integers that are at most `steps` from `expected`.
template <typename T>
WithinMatcher<T> WithinSteps(std::vector<T> expected, int steps) {
  return {std::move(expected), static_cast<double>(steps)};
}

/// Matches floats that are at most `error` from `expected`.
inline WithinMatcher<float> WithinError(std::vector<float> expected, double error) {
  return {std::move(expected), error};
}

}  // namespace qconvert
