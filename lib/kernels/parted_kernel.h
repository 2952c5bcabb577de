// Several kernels as one, each of which computes a part of the output on whatever thread is free.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "lib/kernels/conv.h"
#include "lib/kernels/kernel.h"

namespace qconvert {

/// Parts of the output that lie together: bands of rows, matrices of a batch.
class BandedKernel : public Kernel {
 public:
  struct Band {
    std::unique_ptr<Kernel> kernel;
    std::vector<size_t> input_offsets;  ///< bytes, of each input that it reads
    size_t output_offset = 0;           ///< bytes
  };
  explicit BandedKernel(std::vector<Band> bands) : bands_(std::move(bands)) {}

  size_t scratch_bytes() const override;
  std::string_view primitive() const override { return bands_.front().kernel->primitive(); }
  bool Reads(size_t input) const override { return bands_.front().kernel->Reads(input); }
  bool HonoursFlips() const override { return bands_.front().kernel->HonoursFlips(); }
  void Run(const Buffers& buffers) const override;

 private:
  std::vector<Band> bands_;
};

/// Output rows of a windowed operator and the input rows that they read.
struct ImageBand {
  ConvolutionShape shape;
  int64_t first_input_row, first_output_row;
};
/// Returns what output rows [first, end) read.
ImageBand CutBand(const ConvolutionShape& whole, int64_t first, int64_t end);

/// Returns how many bands an image is cut into: one for each thread; 1 where there are several
/// images.
inline int64_t BandsOf(int threads, const ConvolutionShape& whole) {
  return whole.input[0] == 1 ? std::min<int64_t>(threads, whole.output[1]) : 1;
}

/// Prepares bands of one image, one for each thread, by prepare(shape of a band); null when there
/// is nothing to split, or one of them is null.
template <typename Prepare>
std::unique_ptr<Kernel> PrepareBands(int threads, const ConvolutionShape& whole,
                                     int64_t element_bytes, const Prepare& prepare) {
  const Shape &in = whole.input, &out = whole.output;
  const int64_t count = BandsOf(threads, whole);
  if (count < 2) return nullptr;
  std::vector<BandedKernel::Band> bands;
  for (int64_t i = 0; i < count; ++i) {
    const ImageBand band = CutBand(whole, out[1] * i / count, out[1] * (i + 1) / count);
    if (band.shape.input[1] == 0) return nullptr;
    auto kernel = prepare(band.shape);
    if (kernel == nullptr) return nullptr;
    const int64_t input_offset = band.first_input_row * in[2] * in[3] * element_bytes;
    const int64_t output_offset = band.first_output_row * out[2] * out[3] * element_bytes;
    bands.push_back({std::move(kernel),
                     {static_cast<size_t>(input_offset)},
                     static_cast<size_t>(output_offset)});
  }
  return std::make_unique<BandedKernel>(std::move(bands));
}

/// Slices of every row of the output: of its channels. Each computes rows of its own in scratch
/// memory, which are put into place then; a single row it computes in place.
class SlicedKernel : public Kernel {
 public:
  struct Slice {
    std::unique_ptr<Kernel> kernel;
    size_t offset = 0, bytes = 0;  ///< within a row
  };
  SlicedKernel(std::vector<Slice> slices, size_t rows);

  size_t scratch_bytes() const override;
  std::string_view primitive() const override { return slices_.front().kernel->primitive(); }
  bool Reads(size_t input) const override { return slices_.front().kernel->Reads(input); }
  bool HonoursFlips() const override { return slices_.front().kernel->HonoursFlips(); }
  void Run(const Buffers& buffers) const override;

 private:
  size_t RowsBytes(const Slice& slice) const;
  void RunSlice(const Slice& slice, const Buffers& buffers, std::byte* scratch) const;

  std::vector<Slice> slices_;
  size_t rows_, row_bytes_ = 0;
};

/// A product's result.
struct ProductShape {
  int64_t rows, outputs, element_bytes;
};

/// Prepares slices of a product, one for each thread, by prepare(first output, count); null when
/// there are too few outputs to split, or one of them is null.
template <typename Prepare>
std::unique_ptr<Kernel> PrepareSlices(int threads, const ProductShape& shape,
                                      const Prepare& prepare) {
  constexpr int64_t kUnit = 16;  // outputs that kernels compute together
  const int64_t units = shape.outputs / kUnit, slices = std::min<int64_t>(threads, units);
  if (slices < 2) return nullptr;
  std::vector<SlicedKernel::Slice> kernels;
  for (int64_t i = 0; i < slices; ++i) {
    const int64_t first = units * i / slices * kUnit;
    const int64_t end = i + 1 == slices ? shape.outputs : units * (i + 1) / slices * kUnit;
    auto kernel = prepare(first, end - first);
    if (kernel == nullptr) return nullptr;
    kernels.push_back({std::move(kernel), static_cast<size_t>(first * shape.element_bytes),
                       static_cast<size_t>((end - first) * shape.element_bytes)});
  }
  return std::make_unique<SlicedKernel>(std::move(kernels), static_cast<size_t>(shape.rows));
}

}  // namespace qconvert
