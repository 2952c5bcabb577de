#include "lib/ops/resampling.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace qconvert {
namespace {

bool IsCrop(const Resampling& resampling) { return resampling.transform == "tf_crop_and_resize"; }

/// Returns where element i of the resized axis lies in the axis. In float32, as runtimes do it.
float SourcePlace(const Resampling& resampling, const ResampledAxis& axis, int64_t i) {
  const std::string& transform = resampling.transform;
  const auto at = static_cast<float>(i), last = static_cast<float>(axis.in - 1);
  const float length = axis.scale * static_cast<float>(axis.in);  // perhaps not whole
  if (transform == "align_corners") return length == 1 ? 0 : at * last / (length - 1);
  if (transform == "asymmetric") return at / axis.scale;
  if (IsCrop(resampling)) {
    const float size = axis.roi_end - axis.roi_begin;
    if (axis.out == 1) return (axis.roi_begin + axis.roi_end) * last / 2;
    return axis.roi_begin * last + at * size * last / (length - 1);
  }
  const float half = (at + 0.5F) / axis.scale - 0.5F;
  if (transform == "pytorch_half_pixel") return axis.out > 1 ? half : 0;
  if (transform != "half_pixel_symmetric") return half;
  const float adjustment = static_cast<float>(axis.out) / length;
  return static_cast<float>(axis.in) / 2 * (1 - adjustment) + half;
}

bool IsOutside(const Resampling& resampling, const ResampledAxis& axis, float place) {
  return IsCrop(resampling) && (place < 0 || place > static_cast<float>(axis.in - 1));
}

float Rounded(const std::string& rounding, float place) {
  if (rounding == "floor") return std::floor(place);
  if (rounding == "ceil") return std::ceil(place);
  return rounding == "round_prefer_ceil" ? std::floor(place + 0.5F) : std::ceil(place - 0.5F);
}

int32_t NearestPlace(const Resampling& resampling, const ResampledAxis& axis, float place) {
  const auto rounded = static_cast<int64_t>(Rounded(resampling.rounding, place));
  return static_cast<int32_t>(std::clamp<int64_t>(rounded, 0, axis.in - 1));
}

double LinearWeight(double distance) { return std::max(1 - std::abs(distance), 0.0); }

/// Keys' cubic convolution (1981).
double CubicWeight(double distance, double a) {
  const double x = std::abs(distance);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? a * (((x - 5) * x + 8) * x - 4) : 0;
}

/// Adds the weights of all elements that reach `place` to a row; an antialiased filter grows as the
/// axis shrinks. Elements beyond an end are the end itself, or are left out.
void AddTaps(const Resampling& resampling, const ResampledAxis& axis, float place,
             std::vector<double>& row) {
  const bool cubic = resampling.mode == "cubic";
  const double shrink = resampling.antialias ? std::min(double{axis.scale}, 1.0) : 1;
  const double reach = (cubic ? 2 : 1) / shrink;
  const double center = place;
  const auto first = static_cast<int64_t>(std::ceil(center - reach));
  for (int64_t i = first; static_cast<double>(i) <= center + reach; ++i) {
    if (resampling.exclude_outside && (i < 0 || i >= axis.in)) continue;
    const double distance = (static_cast<double>(i) - center) * shrink;
    const double weight =
        cubic ? CubicWeight(distance, double{resampling.cubic_a}) : LinearWeight(distance);
    row[static_cast<size_t>(std::clamp<int64_t>(i, 0, axis.in - 1))] += weight;
  }
}

}  // namespace

std::vector<int32_t> NearestPlaces(const Resampling& resampling, const ResampledAxis& axis) {
  std::vector<int32_t> places;
  for (int64_t i = 0; i < axis.out; ++i) {
    places.push_back(NearestPlace(resampling, axis, SourcePlace(resampling, axis, i)));
  }
  return places;
}

std::vector<float> WeightMatrix(const Resampling& resampling, const ResampledAxis& axis) {
  std::vector<float> matrix;
  for (int64_t i = 0; i < axis.out; ++i) {
    const float place = SourcePlace(resampling, axis, i);
    std::vector<double> row(static_cast<size_t>(axis.in), 0);
    if (IsOutside(resampling, axis, place)) {
      matrix.insert(matrix.end(), row.size(), 0.0F);
      continue;
    }
    if (resampling.mode == "nearest") {
      row[static_cast<size_t>(NearestPlace(resampling, axis, place))] = 1;
    } else {
      AddTaps(resampling, axis, place, row);
    }
    const double sum = std::accumulate(row.begin(), row.end(), 0.0);
    for (double weight : row) matrix.push_back(static_cast<float>(weight / sum));
  }
  return matrix;
}

std::vector<bool> OutsideAxis(const Resampling& resampling, const ResampledAxis& axis) {
  std::vector<bool> outside;
  for (int64_t i = 0; i < axis.out; ++i) {
    outside.push_back(IsOutside(resampling, axis, SourcePlace(resampling, axis, i)));
  }
  return outside;
}

}  // namespace qconvert
