#include "lib/graph/tensor.h"

namespace qconvert {

std::vector<int64_t> IntValues(const Tensor& tensor) {
  if (tensor.type == ElementType::kInt64) {
    const auto values = tensor.Values<int64_t>();
    return {values.begin(), values.end()};
  }
  if (tensor.type != ElementType::kInt32) {
    Fail(ErrorKind::kUnusable, "tensor '" + tensor.name + "' should hold integers, not " +
                                   std::string(ElementTypeName(tensor.type)));
  }
  const auto values = tensor.Values<int32_t>();
  return {values.begin(), values.end()};
}

}  // namespace qconvert
