#include "lib/ops/axes.h"

#include <algorithm>
#include <utility>

namespace qconvert {

StoredAxes::StoredAxes(std::vector<int> order, size_t count)
    : operands(count, false), result_order(order), order_(std::move(order)) {
  if (count > 0) operands[0] = true;
}

std::vector<int64_t> StoredAxes::Reorder(const std::vector<int64_t>& values) const {
  std::vector<int64_t> stored(values.size());
  for (size_t i = 0; i < order_.size(); ++i) stored[static_cast<size_t>(order_[i])] = values[i];
  return stored;
}

void StoredAxes::DropFromResult(const std::vector<int>& axes) {
  std::vector<int> kept;
  for (size_t i = 0; i < order_.size(); ++i) {
    const bool dropped = std::count(axes.begin(), axes.end(), static_cast<int>(i)) != 0;
    if (!dropped) kept.push_back(order_[i]);
  }
  result_order.clear();
  for (int axis : kept) {
    result_order.push_back(static_cast<int>(
        std::count_if(kept.begin(), kept.end(), [&](int other) { return other < axis; })));
  }
}

}  // namespace qconvert
