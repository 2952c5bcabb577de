#include "lib/math/interpolated_table.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "lib/base/error.h"

namespace qconvert {
namespace {

constexpr int kSteps = 512;

template <typename Real>
int16_t Saturated(Real x) {
  return static_cast<int16_t>(std::clamp<Real>(x, -32768, 32767));
}

constexpr size_t kSigmoidEntries = 256;
using SigmoidTable = std::array<uint16_t, kSigmoidEntries>;

/// Tabulates the logistic function at i / 24, in 1/2^16. As above, each entry is off by half of the
/// line's error; the last is 1.
SigmoidTable MakeSigmoidTable() {
  const auto logistic = [](double i) { return 0x1p16 / (1 + std::exp(-i / 24)); };
  SigmoidTable table;
  for (size_t i = 0; i + 1 < kSigmoidEntries; ++i) {
    const auto at = static_cast<double>(i);
    const double error = logistic(at + 0.5) - (logistic(at) + logistic(at + 1)) / 2;
    table[i] = static_cast<uint16_t>(std::round(logistic(at) + error / 2));
  }
  table.back() = 0xFFFF;
  return table;
}

/// Returns the logistic function of a magnitude: a whole number of entries and `bits` of fraction.
///   result  the table's unit / 2^bits
uint32_t SigmoidOf(uint32_t magnitude, int bits) {
  static const SigmoidTable table = MakeSigmoidTable();
  const uint32_t entry = magnitude >> bits;
  const uint32_t fraction = magnitude & ((1U << bits) - 1);
  return (uint32_t{table[entry]} << bits) + fraction * (table[entry + 1] - table[entry]);
}

/// Returns whether LiteRT takes a scale for a power of two (CheckedLog2), and which.
bool IsPowerOfTwo(float scale, int& exponent) {
  const float log2 = std::log(scale) * (1.0F / std::log(2.0F));
  exponent = static_cast<int>(std::round(log2));
  return std::abs(log2 - std::round(log2)) < 1e-3F;
}

}  // namespace

template <typename Real>
Int16Table InterpolatedTableOf(const std::function<Real(Real)>& function, Real input_scale,
                               int32_t input_zero_point, Real output_scale) {
  const Real least = input_scale * static_cast<Real>(-32768 - input_zero_point);
  const Real most = input_scale * static_cast<Real>(32767 - input_zero_point);
  const Real step = (most - least) / kSteps, half_step = step / 2;
  const Real inverse_scale = Real{65536} / (output_scale * 32767 - output_scale * -32768);
  Int16Table table;
  for (int i = 0; i < kSteps; ++i) {
    const Real at = least + static_cast<Real>(i) * step;
    const Real next = function(least + static_cast<Real>(i + 1) * step) * inverse_scale;
    const Real value = std::round(function(at) * inverse_scale);
    const Real middle = std::round(function(at + half_step) * inverse_scale);
    const Real error = std::round((next + value) / 2) - middle;
    table[static_cast<size_t>(i)] = Saturated<Real>(value - std::round(error / 2));
  }
  table.back() = Saturated<Real>(std::round(function(most) * inverse_scale));
  return table;
}

template Int16Table InterpolatedTableOf<float>(const std::function<float(float)>&, float, int32_t,
                                               float);
template Int16Table InterpolatedTableOf<double>(const std::function<double(double)>&, double,
                                                int32_t, double);

int16_t Interpolate(const Int16Table& table, int16_t q) {
  constexpr int kFractionBits = 7;
  const auto entry = static_cast<size_t>(256 + (q >> kFractionBits));
  const auto slope = static_cast<int16_t>(table[entry + 1] - table[entry]);
  const int32_t fraction = q & 0x7F;
  return static_cast<int16_t>(table[entry] + ((slope * fraction + 64) >> kFractionBits));
}

Int16Sigmoid::Int16Sigmoid(Function function, float input_scale) : function_(function) {
  if (!(input_scale >= kLeastSigmoidScale && input_scale < kLargestSigmoidScale)) {
    Fail(ErrorKind::kUnusable, "the steps of its operand leave LiteRT's int16 arithmetic");
  }
  int exponent = 0;
  if (IsPowerOfTwo(input_scale, exponent)) {
    const int left_shift = exponent + 12;
    if (left_shift == 0 || (function == kTanh && left_shift == 1)) {
      multiplier_ = 3 << left_shift;
      return;
    }
  }
  double multiplier = double{input_scale} * 4096.0 * 3.0;
  while (multiplier <= 32767.0 / 2.0 && right_shift_ <= 30) {
    ++right_shift_;
    multiplier *= 2;
  }
  multiplier_ = static_cast<int32_t>(multiplier);
}

/// Returns q in 1/(3 x 4096) of a unit.
int32_t Int16Sigmoid::Rescaled(int16_t q) const {
  const int32_t half = right_shift_ > 0 ? 1 << (right_shift_ - 1) : 0;
  return (q * multiplier_ + half) >> right_shift_;
}

int16_t Int16Sigmoid::Logistic(int16_t q) const {
  constexpr int kBits = 9;
  const int32_t x = Rescaled(q);
  const auto magnitude = static_cast<uint32_t>(std::abs(x));
  uint32_t result =
      magnitude >> kBits >= kSigmoidEntries - 1 ? 0x7FFFU << 10 : SigmoidOf(magnitude, kBits);
  result = x >= 0 ? result + (1U << 9) : (1U << 25) - result + (1U << 9) - 1;
  return static_cast<int16_t>(result >> 10);
}

int16_t Int16Sigmoid::Tanh(int16_t q) const {
  constexpr int kBits = 8;
  const int32_t x = Rescaled(q);
  const auto magnitude = static_cast<uint32_t>(std::abs(x));
  const bool saturates = magnitude >> kBits >= kSigmoidEntries - 1;
  const auto twice = static_cast<int32_t>(saturates ? 0xFFFFU << 8 : SigmoidOf(magnitude, kBits));
  const int32_t from_half = twice - (1 << 23);
  return static_cast<int16_t>((x >= 0 ? from_half + (1 << 7) : -from_half + (1 << 7) - 1) >> 8);
}

}  // namespace qconvert
