#include "lib/math/sqnr.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "lib/base/check.h"
#include "lib/base/vectorize.h"

namespace qconvert {

namespace {

constexpr size_t kLanes = 4;  // independent sums, so that the compiler can use vectors
using Lanes = std::array<double, kLanes>;

double SumOf(const Lanes& lanes) { return std::accumulate(lanes.begin(), lanes.end(), 0.0); }

}  // namespace

QCONVERT_VECTORIZE void ErrorSums::Add(std::span<const float> reference,
                                       std::span<const float> quantized) {
  Check(reference.size() == quantized.size(), "ErrorSums: sizes differ");
  Lanes signal{}, squares{}, product{}, noise{}, largest{};
  const auto add = [&](size_t i, size_t lane) {
    const double r = reference[i], q = quantized[i];
    signal[lane] += r * r;
    squares[lane] += q * q;
    product[lane] += r * q;
    noise[lane] += (r - q) * (r - q);
    largest[lane] = std::max(largest[lane], std::abs(r - q));
  };
  const size_t whole = reference.size() - reference.size() % kLanes;
  for (size_t i = 0; i < whole; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) add(i + lane, lane);
  }
  for (size_t i = whole; i < reference.size(); ++i) add(i, i - whole);
  // Squares of floats do not overflow double: the sums are finite if every value is.
  if (!std::isfinite(SumOf(signal) + SumOf(squares))) {
    Fail(ErrorKind::kUnusable, "a value is not finite");
  }
  signal_ += SumOf(signal);
  quantized_ += SumOf(squares);
  product_ += SumOf(product);
  noise_ += SumOf(noise);
  largest_error_ = std::max(largest_error_, *std::max_element(largest.begin(), largest.end()));
  count_ += static_cast<int64_t>(reference.size());
}

void ErrorSums::Merge(const ErrorSums& other, int64_t times) {
  if (times == 0) return;
  const auto weight = static_cast<double>(times);
  signal_ += weight * other.signal_;
  noise_ += weight * other.noise_;
  quantized_ += weight * other.quantized_;
  product_ += weight * other.product_;
  largest_error_ = std::max(largest_error_, other.largest_error_);
  count_ += times * other.count_;
}

double ErrorSums::sqnr_db() const {
  if (noise_ == 0) return std::numeric_limits<double>::infinity();
  return 10 * std::log10(signal_ / noise_);
}

double ErrorSums::cosine() const {
  if (signal_ == 0 && quantized_ == 0) return 1;
  if (signal_ == 0 || quantized_ == 0) return 0;
  return product_ / std::sqrt(signal_) / std::sqrt(quantized_);
}

}  // namespace qconvert
