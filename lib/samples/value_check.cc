#include "lib/samples/value_check.h"

#include <cmath>

#include "lib/base/error.h"

namespace qconvert {
namespace {

bool SameButForLeadingOnes(Shape a, Shape b) {
  while (!a.empty() && a.front() == 1) a.erase(a.begin());
  while (!b.empty() && b.front() == 1) b.erase(b.begin());
  return a == b;
}

void RequireFinite(std::span<const std::byte> bytes) {
  const std::span values(reinterpret_cast<const float*>(bytes.data()),
                         bytes.size() / sizeof(float));
  for (float value : values) {
    if (!std::isfinite(value)) Fail(ErrorKind::kUnusable, "it holds NaN or infinity");
  }
}

}  // namespace

std::vector<std::byte> ToInputValue(const Array& array, const SampleInput& input) {
  if (!SameButForLeadingOnes(array.shape, input.shape)) {
    Fail(ErrorKind::kUnusable, "its shape is " + ToText(array.shape) + ", the model's input '" +
                                   input.name + "' wants " + ToText(input.shape));
  }
  const Array converted = AsType(array, input.type);
  std::vector<std::byte> value(converted.bytes.begin(), converted.bytes.end());
  if (input.type == ElementType::kFloat32) RequireFinite(value);
  return value;
}

}  // namespace qconvert
