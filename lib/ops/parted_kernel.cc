#include "lib/ops/parted_kernel.h"

#include <algorithm>
#include <cstring>

#include "lib/base/alignment.h"

namespace qconvert {

size_t BandedKernel::scratch_bytes() const {
  size_t most = 0;
  for (const Band& band : bands_) most = std::max(most, band.kernel->scratch_bytes());
  return most;
}

void BandedKernel::Run(const Buffers& buffers) const {
  buffers.Split(static_cast<int>(bands_.size()), [&](int index, std::byte* scratch) {
    const Band& band = bands_[static_cast<size_t>(index)];
    const std::byte* input = buffers.inputs[0] + band.input_offset;
    std::byte* output = buffers.outputs[0] + band.output_offset;
    band.kernel->Run({{&input, 1}, {&output, 1}, scratch});
  });
}

SlicedKernel::SlicedKernel(std::vector<Slice> slices, size_t rows)
    : slices_(std::move(slices)), rows_(rows) {
  for (const Slice& slice : slices_) row_bytes_ += slice.bytes;
}

/// Returns the scratch memory of a slice's rows.
size_t SlicedKernel::RowsBytes(const Slice& slice) const {
  return rows_ == 1 ? 0 : Aligned(rows_ * slice.bytes);
}

size_t SlicedKernel::scratch_bytes() const {
  size_t most = 0;
  for (const Slice& slice : slices_) {
    most = std::max(most, RowsBytes(slice) + slice.kernel->scratch_bytes());
  }
  return most;
}

void SlicedKernel::Run(const Buffers& buffers) const {
  buffers.Split(static_cast<int>(slices_.size()), [&](int index, std::byte* scratch) {
    RunSlice(slices_[static_cast<size_t>(index)], buffers, scratch);
  });
}

void SlicedKernel::RunSlice(const Slice& slice, const Buffers& buffers, std::byte* scratch) const {
  std::byte* place = buffers.outputs[0] + slice.offset;
  std::byte* rows = rows_ == 1 ? place : scratch;
  slice.kernel->Run({buffers.inputs, {&rows, 1}, scratch + RowsBytes(slice)});
  if (rows == place) return;
  for (size_t row = 0; row < rows_; ++row) {
    std::memcpy(place + row * row_bytes_, rows + row * slice.bytes, slice.bytes);
  }
}

}  // namespace qconvert
