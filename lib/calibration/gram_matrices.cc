#include "lib/calibration/gram_matrices.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "lib/base/vectorize.h"

namespace qconvert {
namespace {

constexpr size_t kPositions = 256;  // of each sample: tens of samples make thousands
constexpr size_t kTileRows = 4, kLanes = 8;
constexpr size_t kTileColumns = 2 * kLanes;
constexpr size_t kTaskRows = 8 * kTileRows;  // of a block, that one thread sums at once
using Lanes [[gnu::vector_size(kLanes * sizeof(float))]] = float;

/// Some patches of one sample.
struct Patches {
  size_t stride = 0, positions = 0;
  std::vector<float> values;  ///< [positions, stride]; a stride is [groups, rows] and some zeros
};

Patches SomePatches(const LayerPatches& layer, std::span<const float> input) {
  const size_t step = layer.positions() / kPositions | 1;  // odd: it meets all of 2^n columns
  const size_t length = layer.groups() * layer.rows();
  Patches patches{length + kTileColumns, (layer.positions() + step - 1) / step, {}};
  patches.values.resize(patches.positions * patches.stride);
  for (size_t p = 0; p < patches.positions; ++p) {
    layer.Copy(input, p * step, std::span(patches.values).subspan(p * patches.stride, length));
  }
  return patches;
}

/// Sums left[p, i] right[p, c] over the positions p, for kTileRows i and kTileColumns c.
[[gnu::always_inline]] inline void SumTile(const float* left, const float* right, size_t stride,
                                           size_t positions,
                                           std::array<float, kTileRows * kTileColumns>& sums) {
  std::array<std::array<Lanes, 2>, kTileRows> tile{};
  for (size_t p = 0; p < positions; ++p) {
    std::array<Lanes, 2> columns;
    std::memcpy(&columns, right + p * stride, sizeof columns);
    for (size_t i = 0; i < kTileRows; ++i) {
      const float factor = left[p * stride + i];
      tile[i][0] += factor * columns[0];
      tile[i][1] += factor * columns[1];
    }
  }
  std::memcpy(sums.data(), tile.data(), sizeof tile);
}

/// One thread's part of a block: rows [begin, end).
struct Part {
  size_t block = 0, begin = 0, end = 0;
};

/// Adds the products of rows of `left` with columns of `right` to sums [rows, rows].
///   begin_column  the first column of each row: 0, or the row itself of a symmetric matrix
QCONVERT_VECTORIZE void AddProducts(const float* left, const float* right, size_t stride,
                                    size_t positions, const Part& part, size_t rows, bool symmetric,
                                    double* sums) {
  std::array<float, kTileRows * kTileColumns> tile;
  for (size_t i = part.begin; i < part.end; i += kTileRows) {
    for (size_t c = symmetric ? i : 0; c < rows; c += kTileColumns) {
      SumTile(left + i, right + c, stride, positions, tile);
      for (size_t k = 0; k < std::min(kTileRows, part.end - i); ++k) {
        const size_t columns = std::min(kTileColumns, rows - c);
        double* row = sums + (i + k) * rows + c;
        for (size_t j = 0; j < columns; ++j) row[j] += double{tile[k * kTileColumns + j]};
      }
    }
  }
}

/// Copies what stands right of the diagonal to its left, for some rows right of it.
void Mirror(const Part& part, size_t rows, std::vector<double>& matrix) {
  for (size_t i = part.begin; i < part.end; ++i) {
    for (size_t c = i + 1; c < rows; ++c) matrix[c * rows + i] = matrix[i * rows + c];
  }
}

void AddSums(const Patches& patches, size_t first, std::vector<double>& sums) {
  for (size_t p = 0; p < patches.positions; ++p) {
    const float* values = patches.values.data() + p * patches.stride + first;
    for (size_t i = 0; i < sums.size(); ++i) sums[i] += double{values[i]};
  }
}

std::vector<Part> PartsOf(const GramMatrices& gram) {
  std::vector<Part> parts;
  for (size_t b = 0; b < gram.blocks.size(); ++b) {
    const size_t rows = gram.blocks[b].rows;
    for (size_t i = 0; i < rows; i += kTaskRows) {
      parts.push_back({b, i, std::min(rows, i + kTaskRows)});
    }
  }
  return parts;
}

}  // namespace

GramMatrices ZeroGram(const LayerPatches& layer, size_t most_bytes) {
  GramMatrices gram{layer.rows()};
  const size_t groups = layer.groups(), rows = layer.rows();
  // n blocks of a group hold rows^2 / n elements.
  const size_t whole = groups * rows * rows * kGramElementBytes;
  const size_t pieces = std::clamp<size_t>((whole + most_bytes - 1) / most_bytes, 1, rows);
  for (size_t g = 0; g < groups; ++g) {
    for (size_t piece = 0; piece < pieces; ++piece) {
      const size_t first = piece * rows / pieces, size = (piece + 1) * rows / pieces - first;
      gram.blocks.push_back({g, first, size, std::vector<double>(size * size),
                             std::vector<double>(size * size), std::vector<double>(size),
                             std::vector<double>(size)});
    }
  }
  return gram;
}

void AddSample(const LayerPatches& layer, std::span<const float> own, std::span<const float> real,
               ThreadPool& threads, GramMatrices& gram) {
  const Patches left = SomePatches(layer, own), right = SomePatches(layer, real);
  const std::vector<Part> parts = PartsOf(gram);
  threads.Run(static_cast<int>(parts.size()), [&](int index, int) {
    const Part& part = parts[static_cast<size_t>(index)];
    GramBlock& block = gram.blocks[part.block];
    const size_t first = block.group * layer.rows() + block.first;
    const float *x = left.values.data() + first, *r = right.values.data() + first;
    AddProducts(x, x, left.stride, left.positions, part, block.rows, true, block.own.data());
    AddProducts(x, r, left.stride, left.positions, part, block.rows, false, block.cross.data());
    Mirror(part, block.rows, block.own);
    if (part.begin > 0) return;
    AddSums(left, first, block.own_sum);
    AddSums(right, first, block.real_sum);
  });
  gram.count += left.positions;
}

}  // namespace qconvert
