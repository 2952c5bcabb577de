// Labels that do not belong to a network are found by what it gets right.
#include "lib/evaluation/guessing.h"

#include <catch2/catch.hpp>

#include "test/support/errors.h"
#include "test/support/random.h"

namespace qconvert {
namespace {

using Labels = std::vector<int>;

/// A comparison of a network that answered `answers` where `labels` are the true classes.
Comparison Answered(size_t classes, const Labels& answers, const Labels& labels) {
  Comparison comparison;
  comparison.samples = labels.size();
  comparison.classes = classes;
  Accuracy accuracy;
  for (size_t i = 0; i < labels.size(); ++i) {
    accuracy.top1 += answers[i] == labels[i];
    accuracy.top1_below += answers[i] == labels[i] - 1;
    accuracy.top1_above += answers[i] == labels[i] + 1;
  }
  comparison.reference = comparison.candidate = accuracy;
  return comparison;
}

void Accepts(size_t classes, const Labels& answers, const Labels& labels) {
  RequireFittingLabels(Answered(classes, answers, labels), labels);
}

void Refuses(size_t classes, const Labels& answers, const Labels& labels, const char* reason) {
  CHECK_THAT(ErrorOf([&] { Accepts(classes, answers, labels); }),
             IsError(ErrorKind::kUnusable, reason));
}

Labels RandomClasses(size_t count, int64_t lowest, int64_t highest, uint64_t seed) {
  Random random(seed);
  Labels labels;
  for (size_t i = 0; i < count; ++i) {
    labels.push_back(static_cast<int>(random.Integer(lowest, highest)));
  }
  return labels;
}

Labels Moved(Labels labels, int by) {
  for (int& label : labels) label += by;
  return labels;
}

/// Returns `labels` with every `period`-th replaced by another answer.
Labels WithMistakes(Labels labels, size_t period, int classes) {
  for (size_t i = 0; i < labels.size(); i += period) labels[i] = (labels[i] + 7) % classes;
  return labels;
}

TEST_CASE("Better than guessing is what guessing reaches in at most one of a hundred cases",
          "[evaluation]") {
  CHECK(BetterThanGuessing(7, 7, 2));        // 1 in 128
  CHECK_FALSE(BetterThanGuessing(6, 6, 2));  // 1 in 64
  CHECK_FALSE(BetterThanGuessing(7, 8, 2));  // 9 in 256
  CHECK(BetterThanGuessing(1, 1, 1000));
  CHECK_FALSE(BetterThanGuessing(0, 1, 1000));
  CHECK_FALSE(BetterThanGuessing(0, 950, 1000));
  // P(X >= 4) = 0.016 and P(X >= 5) = 0.003 of a binomial of 950 and 1/1000.
  CHECK_FALSE(BetterThanGuessing(4, 950, 1000));
  CHECK(BetterThanGuessing(5, 950, 1000));
  CHECK_FALSE(BetterThanGuessing(500, 500, 1));  // one class is always guessed
}

TEST_CASE("A network that is often right is taken, with few classes and with many",
          "[evaluation]") {
  for (int classes : {2, 10, 1000}) {
    const Labels labels = RandomClasses(300, 0, classes - 1, 1);
    Accepts(static_cast<size_t>(classes), WithMistakes(labels, 4, classes), labels);
  }
  Accepts(1000, {123}, {123});
}

TEST_CASE("Labels of another network are refused with the likely causes", "[evaluation]") {
  for (int classes : {10, 1000}) {
    // Answers of one half of the classes, labels of the other.
    const Labels answers = RandomClasses(300, 0, classes / 2 - 2, 2);
    const Labels labels = RandomClasses(300, classes / 2, classes - 1, 3);
    const auto count = static_cast<size_t>(classes);
    Refuses(count, answers, labels, "right on 0 of 300 samples, no better than guessing among");
    Refuses(count, answers, labels, "missing class folders, wrong preprocessing");
  }
}

TEST_CASE("Labels that are off by one are told so", "[evaluation]") {
  const Labels labels = RandomClasses(300, 1, 998, 4);
  const Labels answers = WithMistakes(labels, 4, 1000);
  Refuses(1000, answers, Moved(labels, 1),
          "the labels fit if 1 is subtracted: then the reference "
          "is right on 225 of 300 samples");
  Refuses(1000, answers, Moved(labels, -1), "the labels fit if 1 is added");
}

TEST_CASE("Labels that are off by one are found where neighbours are often confused",
          "[evaluation]") {
  // One of ten answers is the class before the true one: better than guessing, but nonsense.
  Labels labels = RandomClasses(300, 1, 998, 5);
  Labels answers = labels;
  for (size_t i = 0; i < answers.size(); i += 10) ++answers[i];
  REQUIRE(BetterThanGuessing(30, 300, 1000));
  Accepts(1000, answers, labels);
  Refuses(1000, answers, Moved(labels, 1), "fit if 1 is subtracted");
}

TEST_CASE("Labels that cannot all be moved are not off by one", "[evaluation]") {
  // Two classes the wrong way round, nearly all samples of one class.
  Labels labels(100), answers(100, 1);
  for (size_t i = 0; i < 5; ++i) std::swap(labels[i], answers[i]);
  Refuses(2, answers, labels, "right on 0 of 100 samples, no better than guessing among 2 classes");
}

TEST_CASE("Too few samples are an error that says how many it takes", "[evaluation]") {
  Refuses(
      2, {0, 1, 1}, {0, 1, 1},
      "3 samples cannot show that the labels fit: all are right by guessing among 2 classes in "
      "12.5 % of cases, 1 % is the limit; give at least 7 samples, or compare without --labels");
  Accepts(2, {0, 1, 1, 0, 1, 1, 0}, {0, 1, 1, 0, 1, 1, 0});
  Refuses(10, {3}, {3}, "give at least 2 samples");
  Accepts(10, {3, 4}, {3, 4});
  Refuses(2, {0, 1, 1, 0, 1, 1, 0, 0}, {0, 1, 1, 0, 1, 1, 0, 1}, "too few samples");
}

}  // namespace
}  // namespace qconvert
