// Which layers of a file do the damage, and what cures it: qeval's doctor. evaluate.cc asks it
// between the comparison and the summary.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/convert/find_cure.h"
#include "lib/evaluation/compare.h"

namespace qconvert {

/// What is to be diagnosed. All of it must outlive the call.
struct DiagnosisQuestion {
  const Graph& reference_graph;  ///< with its constants
  const Graph& candidate_graph;  ///< the same
  const RunnableModel& reference;
  const RunnableModel& candidate;
  const Comparison& comparison;  ///< of the two, on all samples
  KernelSet kernels;
  const SampleReader& read;
  size_t samples;
  const std::vector<int>* labels;  ///< one class for each sample; null: none
  const GateLimits& limits;
  bool quiet;
};

/// What one layer does.
struct IsolatedLayer {
  double alone_db = 0;  ///< SQNR of the worst output when this layer alone is as in the candidate
  double gain_db = 0;   ///< that the worst output gains when this layer alone is in float
};

/// What the doctor found.
struct LayerDiagnosis {
  std::string why_not;                          ///< why no layer could be tried; empty: some were
  size_t samples = 0;                           ///< on which layers were tried
  std::map<std::string, IsolatedLayer> layers;  ///< by node; those that could be tried
  std::optional<Restoration> layer;             ///< that gains most in float; nothing: none does
  std::optional<Cure> next;  ///< compared on all samples; nothing: no few layers are worth it
  size_t trials = 0;         ///< networks that were made and compared
};

/// Tries the layers that add the most noise, at most 64, each alone in the candidate's arithmetic
/// and alone restored to float, on at most 16 samples. Where an output falls short, it looks for
/// the nodes that cure it as a conversion does (FindIsolatedDamage). What helps is then compared on
/// all samples.
///   Throws Error(kInterrupted).
LayerDiagnosis DiagnoseLayers(const DiagnosisQuestion& question, ThreadPool& threads);

}  // namespace qconvert
