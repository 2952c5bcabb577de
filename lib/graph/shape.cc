#include "lib/graph/shape.h"

#include <algorithm>

#include "lib/base/error.h"

namespace qconvert {

int64_t NumElements(const Shape& shape) {
  constexpr int64_t kMost = int64_t{1} << 40;
  int64_t count = 1;
  for (int64_t dim : shape) {
    if (dim < 0 || (dim > 0 && count > kMost / dim)) {
      Fail(ErrorKind::kUnusable, "shape " + ToText(shape) + " is negative or too large");
    }
    count *= dim;
  }
  return count;
}

std::vector<int64_t> RowMajorStrides(const Shape& shape) {
  std::vector<int64_t> strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

std::string ToText(const Shape& shape) {
  if (shape.empty()) return "scalar";
  std::string text;
  for (int64_t dim : shape) text += (text.empty() ? "" : "x") + std::to_string(dim);
  return text;
}

Shape BroadcastShapes(const Shape& a, const Shape& b) {
  Shape result(std::max(a.size(), b.size()), 1);
  for (size_t i = 0; i < result.size(); ++i) {
    const int64_t da = i < a.size() ? a[a.size() - 1 - i] : 1;
    const int64_t db = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (da != db && da != 1 && db != 1) {
      Fail(ErrorKind::kUnusable, "shapes " + ToText(a) + " and " + ToText(b) + " do not broadcast");
    }
    result[result.size() - 1 - i] = da == 1 ? db : da;
  }
  return result;
}

int NormalizeAxis(int64_t axis, size_t rank) {
  const int64_t from_front = axis < 0 ? axis + static_cast<int64_t>(rank) : axis;
  if (from_front < 0 || from_front >= static_cast<int64_t>(rank)) {
    Fail(ErrorKind::kUnusable,
         "axis " + std::to_string(axis) + " is outside rank " + std::to_string(rank));
  }
  return static_cast<int>(from_front);
}

}  // namespace qconvert
