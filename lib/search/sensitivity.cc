#include "lib/search/sensitivity.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace qconvert {
namespace {

constexpr double kLeastNoise = 1e-12;  // of a group: a ratio of two noises needs some
constexpr size_t kPartOfBudget = 3;    // of the files, one in so many measures groups alone

class Measurement {
 public:
  explicit Measurement(SearchProblem& problem) : problem_(problem) {}

  std::optional<Sensitivity> Measure() {
    MeasureAlike();
    double least = std::numeric_limits<double>::infinity();
    for (size_t c = 0; c < alike_.size(); ++c) {
      if (!alike_[c] || alike_[c]->noise >= least) continue;
      least = alike_[c]->noise;
      result_.most_precise = c;
    }
    if (std::isinf(least)) return std::nullopt;
    result_.floor = least;
    result_.noise.assign(problem_.groups(), std::vector<double>(problem_.choices(), 0));
    const size_t cheapest = Cheapest();
    const size_t parts =
        std::max<size_t>(1, std::min(problem_.groups(), problem_.left() / kPartOfBudget));
    for (size_t k = 0; k < parts; ++k) {
      MeasurePart(k * problem_.groups() / parts, (k + 1) * problem_.groups() / parts, cheapest);
    }
    return result_;
  }

 private:
  void MeasureAlike() {
    for (size_t c = 0; c < problem_.choices(); ++c) {
      alike_.push_back(problem_.Measure(Assignment(problem_.groups(), static_cast<uint16_t>(c))));
    }
  }

  /// Returns the cheapest choice that files can be made of.
  size_t Cheapest() const {
    size_t cheapest = result_.most_precise;
    double least = std::numeric_limits<double>::infinity();
    for (size_t c = 0; c < alike_.size(); ++c) {
      if (!alike_[c] || alike_[c]->cost >= least) continue;
      least = alike_[c]->cost;
      cheapest = c;
    }
    return cheapest;
  }

  /// Returns the noise that a group adds to its own results, with a choice for all groups.
  double Added(size_t choice, size_t group) const {
    if (!alike_[choice]) return std::numeric_limits<double>::infinity();
    return std::max(kLeastNoise, alike_[choice]->added_noise[group]);
  }

  /// Measures neighbours with the cheapest choice and shares the noise among them.
  void MeasurePart(size_t begin, size_t end, size_t cheapest) {
    Assignment assignment(problem_.groups(), static_cast<uint16_t>(result_.most_precise));
    for (size_t g = begin; g < end; ++g) assignment[g] = static_cast<uint16_t>(cheapest);
    const std::optional<SearchPoint> point = problem_.Measure(assignment);
    double all = 0;
    for (size_t g = begin; g < end; ++g) all += Added(cheapest, g);
    const double noise = point ? std::max(kLeastNoise, point->noise - result_.floor)
                               : std::numeric_limits<double>::infinity();
    for (size_t g = begin; g < end; ++g) {
      for (size_t c = 0; c < problem_.choices(); ++c) {
        if (c != result_.most_precise) result_.noise[g][c] = noise * Added(c, g) / all;
      }
    }
  }

  SearchProblem& problem_;
  std::vector<std::optional<SearchPoint>> alike_;  // by choice
  Sensitivity result_;
};

}  // namespace

double Sensitivity::Of(const Assignment& assignment) const {
  double sum = floor;
  for (size_t g = 0; g < assignment.size(); ++g) sum += noise[g][assignment[g]];
  return sum;
}

std::optional<Sensitivity> MeasureSensitivity(SearchProblem& problem) {
  return Measurement(problem).Measure();
}

}  // namespace qconvert
