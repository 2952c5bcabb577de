#include "lib/samples/value_check.h"

#include <algorithm>
#include <array>

#include "lib/base/error.h"
#include "lib/base/vectorize.h"

namespace qconvert {
namespace {

bool SameButForLeadingOnes(Shape a, Shape b) {
  while (!a.empty() && a.front() == 1) a.erase(a.begin());
  while (!b.empty() && b.front() == 1) b.erase(b.begin());
  return a == b;
}

/// Adds in lanes, so that the compiler can use vectors.
QCONVERT_VECTORIZE bool AllFinite(std::span<const float> values) {
  std::array<float, 32> residue{};  // stays 0 exactly while values are finite
  const size_t whole = values.size() - values.size() % residue.size();
  for (size_t i = 0; i < whole; i += residue.size()) {
    for (size_t k = 0; k < residue.size(); ++k) residue[k] += values[i + k] - values[i + k];
  }
  for (float value : values.subspan(whole)) residue[0] += value - value;
  return std::ranges::all_of(residue, [](float r) { return r == 0; });
}

}  // namespace

void RequireShape(const Shape& shape, const SampleInput& input) {
  if (SameButForLeadingOnes(shape, input.shape)) return;
  Fail(ErrorKind::kUnusable, "its shape is " + ToText(shape) + ", the model's input '" +
                                 input.name + "' wants " + ToText(input.shape));
}

std::vector<std::byte> ToInputValue(const Array& array, const SampleInput& input) {
  RequireShape(array.shape, input);
  const Array converted = AsType(array, input.type);
  std::vector<std::byte> value(converted.bytes.begin(), converted.bytes.end());
  if (input.type == ElementType::kFloat32) RequireFinite(value);
  return value;
}

void RequireFinite(std::span<const std::byte> floats) {
  const std::span values(reinterpret_cast<const float*>(floats.data()),
                         floats.size() / sizeof(float));
  if (!AllFinite(values)) Fail(ErrorKind::kUnusable, "it holds NaN or infinity");
}

}  // namespace qconvert
