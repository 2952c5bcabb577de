#include "lib/search/noise_predictor.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace qconvert {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kLeastNoise = 1e-12;
constexpr double kLearningRate = 0.5;
constexpr int kPasses = 4;    // over all points, after each new one
constexpr double kAhead = 2;  // how far beyond what was seen the limit is first sought

/// Returns what a group adds to its own results as a share of what all groups add.
double ShareOf(const SearchPoint& point, size_t group) {
  const auto floored = [](double noise) { return std::max(noise, kLeastNoise); };
  double sum = 0;
  for (const double noise : point.added_noise) sum += floored(noise);
  return floored(point.added_noise[group]) / sum;
}

}  // namespace

NoisePredictor::NoisePredictor(const SearchProblem& problem,
                               const std::vector<std::optional<SearchPoint>>& alike)
    : noise_(problem.groups(), std::vector<double>(alike.size(), kInfinity)) {
  for (size_t c = 0; c < alike.size(); ++c) {
    if (!alike[c]) continue;
    for (size_t g = 0; g < noise_.size(); ++g) {
      noise_[g][c] = std::max(alike[c]->noise, kLeastNoise) * ShareOf(*alike[c], g);
    }
  }
  for (const auto& point : alike) {
    if (point) seen_.push_back(*point);
  }
}

double NoisePredictor::Predict(const Assignment& assignment) const {
  double sum = 0;
  for (size_t g = 0; g < assignment.size(); ++g) sum += noise_[g][assignment[g]];
  return sum;
}

void NoisePredictor::Scale(const SearchPoint& point, double rate) {
  const double predicted = Predict(point.assignment);
  if (std::isinf(predicted)) return;
  const double factor = std::pow(std::max(point.noise, kLeastNoise) / predicted, rate);
  for (size_t g = 0; g < noise_.size(); ++g) noise_[g][point.assignment[g]] *= factor;
}

void NoisePredictor::Learn(const SearchPoint& point) {
  seen_.push_back(point);
  for (int pass = 0; pass < kPasses; ++pass) {
    for (const SearchPoint& each : seen_) Scale(each, kLearningRate / (1 + pass));
  }
}

double NoisePredictor::limit() const {
  double meets = 0, misses = kInfinity;
  for (const SearchPoint& point : seen_) {
    if (point.meets) meets = std::max(meets, point.noise);
  }
  for (const SearchPoint& point : seen_) {
    if (!point.meets && point.noise > meets) misses = std::min(misses, point.noise);
  }
  if (std::isinf(misses)) return std::max(meets, kLeastNoise) * kAhead;
  return meets > 0 ? std::sqrt(meets * misses) : misses / kAhead;
}

}  // namespace qconvert
