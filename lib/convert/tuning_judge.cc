#include "lib/convert/tuning_judge.h"

#include <utility>

#include "lib/tflite/encode_file.h"

namespace qconvert {

TuningJudge::TuningJudge(FloatNetwork& network, const ChosenSamples& samples, bool allow_extensions,
                         ThreadPool& threads, bool quiet)
    : samples_(samples),
      allow_extensions_(allow_extensions),
      threads_(threads),
      quiet_(quiet),
      trace_(network.structure(), samples.places.size(), samples.places.size()) {
  Progress progress("running the float network", samples.places.size(), quiet);
  TraceSamples(network, samples.reader(), threads, progress, trace_);
}

JudgedFile TuningJudge::Judge(Graph quantized) const {
  EncodedFile file = EncodeFile(std::move(quantized), allow_extensions_);
  const RunnableModel model(std::move(file.graph), KernelSet::kFast);
  Progress progress("validating", samples_.places.size(), quiet_);
  Comparison comparison = CompareWithTrace(trace_, model, samples_.reader(), threads_, progress,
                                           samples_.labels.empty() ? nullptr : &samples_.labels);
  const ValidationScore score = ScoreOf(comparison);
  return {file.bytes, std::move(comparison), score};
}

ValidationScore ScoreOf(const Comparison& comparison) {
  ValidationScore score;
  score.samples = comparison.samples;
  score.labelled = comparison.candidate.has_value();
  score.right = score.labelled ? comparison.candidate->top1 : comparison.agreement.value_or(0);
  score.sqnr_db = comparison.worst_sqnr_db();
  return score;
}

}  // namespace qconvert
