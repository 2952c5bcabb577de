// How good a network becomes under a precision plan: what searches ask again and again. Comes after
// evaluation/; strategies stand on it.
#pragma once

#include "lib/evaluation/trace.h"
#include "lib/quantization/build.h"
#include "lib/quantization/plan.h"

namespace qconvert {

/// What a plan gives.
struct PlanScore {
  Comparison comparison;  ///< of the file with the float network, on the traced samples
  size_t file_bytes = 0;
};

/// Scores precision plans of one network. Everything that plans share is made once: the float graph
/// and what samples showed of it.
class Scorer {
 public:
  /// What is referred to must outlive the scorer.
  ///   network    float graph, weights included
  ///   ranges     by tensor id of `network`
  ///   evidence   for the methods that quantize weights; must serve any number of builds, as
  ///              KnownMoments does
  ///   reference  what the float network computes on the samples that `read` gives
  Scorer(const Graph& network, const Ranges& ranges, EvidenceSource& evidence,
         const Trace& reference, const SampleReader& read, ThreadPool& threads)
      : network_(network),
        ranges_(ranges),
        evidence_(evidence),
        reference_(reference),
        read_(read),
        threads_(threads) {}

  /// Builds the file of a plan, runs it, and compares it with the float network.
  ///   Throws Error as Plan, Build and EncodeFile do.
  PlanScore Score(const PrecisionPlan& plan, const PlanOptions& options = {},
                  const WeightMethods& methods = {}) const;

 private:
  const Graph& network_;
  const Ranges& ranges_;
  EvidenceSource& evidence_;
  const Trace& reference_;
  const SampleReader read_;
  ThreadPool& threads_;
};

}  // namespace qconvert
