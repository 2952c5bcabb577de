// A file of labels, and the preprocessing that a file remembers.
#include <optional>

#include "fuzz/scratch.h"
#include "fuzz/survive.h"

#include "lib/samples/labels.h"
#include "lib/samples/preprocessing.h"

namespace qconvert {
namespace {

/// Three samples that have names and nothing else.
class NamedSamples : public SampleSet {
 public:
  size_t size() const override { return 3; }
  size_t available() const override { return 3; }
  size_t place(size_t i) const override { return i; }
  std::string name(size_t i) const override {
    return std::string(1, static_cast<char>('a' + i)) + "/1.png";
  }
  std::vector<std::vector<std::byte>> Read(size_t) const override { return {}; }
  std::optional<Picture> Look(size_t) const override { return std::nullopt; }
};

}  // namespace
}  // namespace qconvert

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace qconvert;
  Survive([&] { ReadLabels(WriteScratch("labels", data, size), NamedSamples(), 10); });
  return Survive(
      [&] { PreprocessingFromText(std::string(reinterpret_cast<const char*>(data), size)); });
}
