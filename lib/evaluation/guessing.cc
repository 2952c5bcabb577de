#include "lib/evaluation/guessing.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/math/binomial.h"

namespace qconvert {
namespace {

constexpr double kSignificance = 0.01 + 1e-12;  // two of ten classes are 1 %, however rounded

double Chance(size_t hits, size_t samples, size_t classes) {
  return BinomialUpperTail(static_cast<int64_t>(samples), static_cast<int64_t>(hits),
                           1 / static_cast<double>(classes));
}

/// Returns how many samples show something if all of them are right.
size_t FewestSamples(size_t classes) {
  size_t samples = 1;
  while (!BetterThanGuessing(samples, samples, classes)) ++samples;
  return samples;
}

/// Returns whether labels that are moved by one fit better than as they are given. No sample is
/// right both ways, so this is a sign test of the samples that are right one way or the other.
bool FitsBetter(size_t moved, size_t given) {
  return BinomialUpperTail(static_cast<int64_t>(moved + given), static_cast<int64_t>(moved), 0.5) <=
         kSignificance;
}

/// Labels that cannot all be moved, because the first or the last class is among them, are not off
/// by one.
void RequireLabelsInPlace(const Comparison& comparison, const std::vector<int>& labels) {
  const Accuracy& given = *comparison.reference;
  const size_t samples = comparison.samples, classes = comparison.classes;
  const auto [lowest, highest] = std::minmax_element(labels.begin(), labels.end());
  const size_t subtracted = *lowest > 0 ? given.top1_below : 0;
  const size_t added = static_cast<size_t>(*highest) + 1 < classes ? given.top1_above : 0;
  const size_t moved = std::max(subtracted, added);
  if (!BetterThanGuessing(moved, samples, classes)) return;
  if (BetterThanGuessing(given.top1, samples, classes) && !FitsBetter(moved, given.top1)) return;
  Fail(ErrorKind::kUnusable,
       fmt::format("the labels fit if 1 is {}: then the reference is right on {} of {} samples, as "
                   "they are on {}",
                   subtracted > added ? "subtracted" : "added", moved, samples, given.top1));
}

}  // namespace

bool BetterThanGuessing(size_t hits, size_t samples, size_t classes) {
  return Chance(hits, samples, classes) <= kSignificance;
}

void RequireFittingLabels(const Comparison& comparison, const std::vector<int>& labels) {
  RequireLabelsInPlace(comparison, labels);
  const size_t hits = comparison.reference->top1, samples = comparison.samples;
  const size_t classes = comparison.classes;
  if (BetterThanGuessing(hits, samples, classes)) return;
  if (samples < FewestSamples(classes)) {
    Fail(ErrorKind::kUnusable,
         fmt::format("{} samples cannot show that the labels fit: all are right by guessing among "
                     "{} classes in {:.3g} % of cases, 1 % is the limit; give at least {} samples, "
                     "or compare without --labels",
                     samples, classes, 100 * Chance(samples, samples, classes),
                     FewestSamples(classes)));
  }
  Fail(ErrorKind::kUnusable,
       fmt::format("the reference is right on {} of {} samples, no better than guessing among {} "
                   "classes; likely causes: labels of another network or in another order, missing "
                   "class folders, wrong preprocessing (--mean, --std, --pixel-range, --channels, "
                   "--resize, --crop){}",
                   hits, samples, classes, hits * classes > samples ? ", too few samples" : ""));
}

}  // namespace qconvert
