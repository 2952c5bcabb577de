#include "lib/tflite/runtime_version.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "lib/base/check.h"

namespace qconvert {
namespace {

/// Returns word `i` of words with one space between; empty when there are fewer.
std::string_view Word(std::string_view words, int i) {
  for (; i > 0 && !words.empty(); --i)
    words.remove_prefix(std::min(words.find(' '), words.size() - 1) + 1);
  return words.substr(0, words.find(' '));
}

}  // namespace

std::string FirstRuntime(const TfliteForm& form, int version) {
  const std::string runtime(Word(form.runtimes, version - 1));
  Check(!runtime.empty(), "version " + std::to_string(version) + " of TFLite operator " +
                              std::to_string(form.code) + " has no first runtime in its record");
  return runtime;
}

std::string LaterRuntime(const std::string& a, const std::string& b) {
  const auto number = [](const std::string& text) {
    int major = 0, minor = 0, patch = 0;
    std::sscanf(text.c_str(), "%d.%d.%d", &major, &minor, &patch);
    return (major * 1000 + minor) * 1000 + patch;
  };
  return number(a) >= number(b) ? a : b;
}

}  // namespace qconvert
