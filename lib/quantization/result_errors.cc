#include "lib/quantization/result_errors.h"

#include "lib/base/check.h"
#include "lib/base/vectorize.h"

namespace qconvert {
namespace {

/// Results at one position, [O], and what quantized ones mean.
template <typename T>
struct Position {
  const float* real;
  const T* quantized;
  double scale, zero_point;
  IntegerLimits limits;
};

template <typename T>
[[gnu::always_inline]] inline void AddPosition(const Position<T>& at, size_t channels,
                                               double* __restrict errors,
                                               double* __restrict moving) {
  const auto [real, quantized, scale, zero_point, limits] = at;
  for (size_t c = 0; c < channels; ++c) {
    const int32_t steps = quantized[c];
    errors[c] += static_cast<double>(real[c]) - scale * (static_cast<double>(steps) - zero_point);
    moving[c] += steps > limits.min && steps < limits.max ? 1.0 : 0.0;
  }
}

QCONVERT_VECTORIZE void Add(const Position<int8_t>& at, size_t channels, double* errors,
                            double* moving) {
  AddPosition(at, channels, errors, moving);
}
QCONVERT_VECTORIZE void Add(const Position<int16_t>& at, size_t channels, double* errors,
                            double* moving) {
  AddPosition(at, channels, errors, moving);
}

}  // namespace

template <typename T>
void ResultErrors::MeasureSteps(size_t sample, std::span<const float> real,
                                std::span<const T> quantized, const AffineParams& params,
                                IntegerLimits limits) {
  Check(real.size() == quantized.size(), "results of different layers");
  const auto zero_point = static_cast<double>(params.zero_point);
  for (size_t i = 0; i < real.size(); i += channels_) {
    Add(Position<T>{&real[i], &quantized[i], double{params.scale}, zero_point, limits}, channels_,
        &errors_[sample * channels_], &moving_[sample * channels_]);
  }
}

void ResultErrors::Measure(size_t sample, std::span<const float> real,
                           std::span<const int8_t> quantized, const AffineParams& params,
                           IntegerLimits limits) {
  MeasureSteps(sample, real, quantized, params, limits);
}

void ResultErrors::Measure(size_t sample, std::span<const float> real,
                           std::span<const int16_t> quantized, const AffineParams& params,
                           IntegerLimits limits) {
  MeasureSteps(sample, real, quantized, params, limits);
}

}  // namespace qconvert
