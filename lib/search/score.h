// How good a network becomes under a precision plan: what searches ask again and again. Comes after
// evaluation/; strategies stand on it.
#pragma once

#include <utility>

#include "lib/evaluation/trace.h"
#include "lib/quantization/build.h"
#include "lib/quantization/plan.h"

namespace qconvert {

/// How a precision plan becomes a file: all that is decided, but for the plan.
struct Recipe {
  PlanOptions options;
  WeightMethods methods;
  EvidenceFactory evidence;     ///< what `methods` read
  size_t compared_samples = 0;  ///< that biases are corrected on; 0: they are not
};

/// What a plan gives.
struct PlanScore {
  Comparison comparison;  ///< of the file with the float network, on the traced samples
  QuantizationPlan plan;  ///< what the nodes became
  size_t file_bytes = 0;
};

/// Scores precision plans of one network. Everything that plans share is made once: the float graph
/// and what samples showed of it.
class Scorer {
 public:
  /// What is referred to must outlive the scorer.
  ///   network    float graph, weights included
  ///   ranges     by tensor id of `network`
  ///   reference  what the float network computes on the samples that `read` gives
  Scorer(const Graph& network, const ActivationRanges& ranges, Recipe recipe,
         const Trace& reference, SampleReader read, ThreadPool& threads)
      : network_(network),
        ranges_(ranges),
        recipe_(std::move(recipe)),
        reference_(reference),
        read_(std::move(read)),
        threads_(threads) {}

  /// Builds the file of a plan, runs it, and compares it with the float network.
  ///   Throws Error as Plan, Build and EncodeFile do.
  PlanScore Score(const PrecisionPlan& precision) const;

 private:
  const Graph& network_;
  const ActivationRanges& ranges_;
  const Recipe recipe_;
  const Trace& reference_;
  const SampleReader read_;
  ThreadPool& threads_;
};

}  // namespace qconvert
