#include "lib/math/correlation.h"

#include <algorithm>
#include <cmath>

#include "lib/base/check.h"

namespace qconvert {

void Correlation::Add(std::span<const float> reference, std::span<const float> quantized) {
  Check(reference.size() == quantized.size(), "Correlation: sizes differ");
  for (size_t i = 0; i < reference.size(); ++i) {
    ++count_;
    const double r = reference[i] - reference_mean_, q = quantized[i] - quantized_mean_;
    reference_mean_ += r / static_cast<double>(count_);
    quantized_mean_ += q / static_cast<double>(count_);
    const double r_after = reference[i] - reference_mean_;
    const double q_after = quantized[i] - quantized_mean_;
    reference_squares_ += r * r_after;
    quantized_squares_ += q * q_after;
    products_ += r * q_after;
  }
}

void Correlation::Merge(const Correlation& other, int64_t times) {
  if (times == 0 || other.count_ == 0) return;
  const auto weight = static_cast<double>(times);
  const double before = static_cast<double>(count_),
               added = weight * static_cast<double>(other.count_);
  const double share = added / (before + added);
  const double r = other.reference_mean_ - reference_mean_,
               q = other.quantized_mean_ - quantized_mean_;
  count_ += times * other.count_;
  reference_mean_ += share * r;
  quantized_mean_ += share * q;
  reference_squares_ += weight * other.reference_squares_ + r * r * before * share;
  quantized_squares_ += weight * other.quantized_squares_ + q * q * before * share;
  products_ += weight * other.products_ + r * q * before * share;
}

std::optional<double> Correlation::value() const {
  if (reference_squares_ == 0) return std::nullopt;
  if (quantized_squares_ == 0) return 0;
  const double value = products_ / std::sqrt(reference_squares_) / std::sqrt(quantized_squares_);
  return std::clamp(value, -1.0, 1.0);
}

}  // namespace qconvert
