#include "lib/calibration/gram.h"

#include <array>

#include "lib/base/error.h"
#include "lib/base/vectorize.h"
#include "lib/calibration/layer_patches.h"

namespace qconvert {
namespace {

constexpr size_t kPositions = 256;  // of each sample: tens of samples make thousands
constexpr size_t kTogether = 8;     // patches added at once, for the sums are loaded and stored

size_t TriangleSize(size_t rows) { return rows * (rows + 1) / 2; }

/// Returns a layer's patches at positions that are spread evenly over it, [positions, groups,
/// rows].
///   result  with zeros behind, up to a multiple of kTogether positions
std::vector<float> SomePatches(const LayerPatches& layer, std::span<const float> input,
                               size_t& positions) {
  const size_t step = layer.positions() / kPositions | 1;  // odd: it meets all of 2^n columns
  const size_t length = layer.groups() * layer.rows();
  positions = (layer.positions() + step - 1) / step;
  const size_t padded = (positions + kTogether - 1) / kTogether * kTogether;
  std::vector<float> patches(padded * length);
  for (size_t p = 0; p < positions; ++p) {
    layer.Copy(input, p * step, std::span(patches).subspan(p * length, length));
  }
  return patches;
}

/// Adds left[p] * right[p, c] over kTogether patches p, `stride` floats apart, to sums[c].
QCONVERT_VECTORIZE void AddProducts(const float* left, const float* right, size_t stride,
                                    size_t columns, double* __restrict sums) {
  std::array<double, kTogether> factors;
  for (size_t p = 0; p < kTogether; ++p) factors[p] = static_cast<double>(left[p * stride]);
  for (size_t c = 0; c < columns; ++c) {
    double sum = sums[c];
    for (size_t p = 0; p < kTogether; ++p) {
      sum += factors[p] * static_cast<double>(right[p * stride + c]);
    }
    sums[c] = sum;
  }
}

/// Returns the number of positions, then for each group the products of the values of two patches:
/// the lower triangle, or the whole matrix.
std::vector<double> SumProducts(const LayerPatches& layer, std::span<const float> left,
                                std::span<const float> right, size_t positions, bool whole) {
  const size_t rows = layer.rows(), stride = layer.groups() * rows;
  const size_t size = whole ? rows * rows : TriangleSize(rows);
  std::vector<double> result(1 + layer.groups() * size);
  result[0] = static_cast<double>(positions);
  for (size_t first = 0; first < left.size(); first += kTogether * stride) {
    double* sums = result.data() + 1;
    for (size_t i = 0; i < stride; ++i) {  // row i % rows of group i / rows
      const size_t group = i - i % rows, columns = whole ? rows : i % rows + 1;
      AddProducts(left.data() + first + i, right.data() + first + group, stride, columns, sums);
      sums += columns;
    }
  }
  return result;
}

std::vector<Subject> LayersOfSomeRows(const Graph& graph) {
  std::vector<Subject> layers = Layers(graph);
  std::erase_if(layers, [&](const Subject& subject) {
    return LayerPatches(graph, *subject.layer).rows() > Gram::kMostRows;
  });
  return layers;
}

std::unique_ptr<Statistic> Observe(const Graph& graph, const Subject& subject,
                                   const TensorSample& seen) {
  const LayerPatches layer(graph, *subject.layer);
  size_t positions = 0;
  const std::vector<float> patches = SomePatches(layer, seen.values, positions);
  std::vector<double> sums = SumProducts(layer, patches, patches, positions, false);
  return std::make_unique<Gram>(GramShape{layer.groups(), layer.rows()},
                                TreeSum(seen.sample, std::move(sums)));
}

GramShape ReadShape(ByteReader& reader) {
  const uint64_t groups = reader.Unsigned(), rows = reader.Unsigned();
  const uint64_t most = reader.remaining() / sizeof(double);
  if (rows == 0 || rows > Gram::kMostRows || groups == 0 || groups > most / TriangleSize(rows)) {
    Fail(ErrorKind::kUnusable, "a Gram matrix of an impossible size");
  }
  return {static_cast<size_t>(groups), static_cast<size_t>(rows)};
}

std::unique_ptr<Statistic> ReadGram(ByteReader& reader, const SampleRun& samples) {
  const GramShape shape = ReadShape(reader);
  const size_t length = 1 + shape.groups * TriangleSize(shape.rows);
  return std::make_unique<Gram>(shape, TreeSum::Read(reader, samples, length));
}

std::unique_ptr<Statistic> ReadCrossGram(ByteReader& reader, const SampleRun& samples) {
  const GramShape shape = ReadShape(reader);
  const size_t length = 1 + shape.groups * shape.rows * shape.rows;
  return std::make_unique<CrossGram>(shape, TreeSum::Read(reader, samples, length));
}

}  // namespace

constinit const StatisticKind Gram::kKind{"gram", LayersOfSomeRows, Observe, ReadGram};
constinit const StatisticKind CrossGram::kKind{"cross gram", LayersOfSomeRows, nullptr,
                                               ReadCrossGram};

std::vector<double> Gram::Matrix(size_t group) const {
  const std::vector<double> sums = sums_.Total();
  const double* triangle = sums.data() + 1 + group * TriangleSize(shape_.rows);
  std::vector<double> matrix(shape_.rows * shape_.rows);
  for (size_t i = 0; i < shape_.rows; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      matrix[i * shape_.rows + j] = matrix[j * shape_.rows + i] = *triangle++;
    }
  }
  return matrix;
}

std::vector<double> CrossGram::Matrix(size_t group) const {
  const std::vector<double> sums = sums_.Total();
  const size_t size = shape_.rows * shape_.rows;
  const auto first = sums.begin() + static_cast<std::ptrdiff_t>(1 + group * size);
  return {first, first + static_cast<std::ptrdiff_t>(size)};
}

void PatchProducts::Append(Statistic&& next) {
  auto& other = As<PatchProducts>(next);
  if (shape_ != other.shape_) Fail(ErrorKind::kUnusable, "Gram matrices of different sizes");
  sums_.Append(std::move(other.sums_));
}

void PatchProducts::Write(ByteWriter& writer) const {
  writer.Unsigned(shape_.groups);
  writer.Unsigned(shape_.rows);
  sums_.Write(writer);
}

std::unique_ptr<CrossGram> ObserveCrossGram(const Graph& graph, const Subject& subject,
                                            size_t sample, std::span<const float> quantized,
                                            std::span<const float> exact) {
  const LayerPatches layer(graph, *subject.layer);
  size_t positions = 0;
  const std::vector<float> left = SomePatches(layer, quantized, positions);
  const std::vector<float> right = SomePatches(layer, exact, positions);
  std::vector<double> sums = SumProducts(layer, left, right, positions, true);
  return std::make_unique<CrossGram>(GramShape{layer.groups(), layer.rows()},
                                     TreeSum(sample, std::move(sums)));
}

}  // namespace qconvert
