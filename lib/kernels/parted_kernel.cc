#include "lib/kernels/parted_kernel.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "lib/base/alignment.h"

namespace qconvert {
namespace {

constexpr size_t kMostInputs = 2;

}  // namespace

size_t BandedKernel::scratch_bytes() const {
  size_t most = 0;
  for (const Band& band : bands_) most = std::max(most, band.kernel->scratch_bytes());
  return most;
}

void BandedKernel::Run(const Buffers& buffers) const {
  buffers.Split(static_cast<int>(bands_.size()), [&](int index, std::byte* scratch) {
    const Band& band = bands_[static_cast<size_t>(index)];
    std::array<const std::byte*, kMostInputs> inputs{};
    for (size_t i = 0; i < band.input_offsets.size(); ++i) {
      inputs[i] = buffers.inputs[i] + band.input_offsets[i];
    }
    std::byte* output = buffers.outputs[0] + band.output_offset;
    band.kernel->Run({{inputs.data(), band.input_offsets.size()}, {&output, 1}, scratch});
  });
}

ImageBand CutBand(const ConvolutionShape& whole, int64_t first, int64_t end) {
  const Window& window = whole.window;
  const int64_t top = first * window.stride_h - window.pad_top;
  const int64_t bottom =
      (end - 1) * window.stride_h - window.pad_top + (whole.filter[1] - 1) * window.dilation_h + 1;
  const int64_t from = std::clamp<int64_t>(top, 0, whole.input[1]);
  const int64_t to = std::clamp<int64_t>(bottom, from, whole.input[1]);
  ImageBand band{whole, from, first};
  band.shape.input[1] = to - from;
  band.shape.output[1] = end - first;
  band.shape.window.pad_top = static_cast<int>(from - top);
  band.shape.window.pad_bottom = static_cast<int>(bottom - to);
  return band;
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
