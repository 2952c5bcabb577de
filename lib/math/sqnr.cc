#include "lib/math/sqnr.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lib/base/check.h"

namespace qconvert {

void ErrorSums::Add(std::span<const float> reference, std::span<const float> quantized) {
  Check(reference.size() == quantized.size(), "ErrorSums: sizes differ");
  for (size_t i = 0; i < reference.size(); ++i) {
    const double r = reference[i];
    const double q = quantized[i];
    if (!std::isfinite(r) || !std::isfinite(q)) Fail(ErrorKind::kUnusable, "a value is not finite");
    signal_ += r * r;
    quantized_ += q * q;
    product_ += r * q;
    noise_ += (r - q) * (r - q);
    largest_error_ = std::max(largest_error_, std::abs(r - q));
  }
  count_ += static_cast<int64_t>(reference.size());
}

void ErrorSums::Merge(const ErrorSums& other) {
  signal_ += other.signal_;
  noise_ += other.noise_;
  quantized_ += other.quantized_;
  product_ += other.product_;
  largest_error_ = std::max(largest_error_, other.largest_error_);
  count_ += other.count_;
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
