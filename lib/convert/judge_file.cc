#include "lib/convert/judge_file.h"

#include "lib/convert/validate_options.h"

namespace qconvert {

Judgement JudgeFile(const CheckedConversion& conversion, FloatNetwork& network,
                    ThreadPool& threads) {
  const GateLimits limits = LimitsOf(conversion.options);
  Judgement judgement;
  judgement.shortfalls = FindShortfalls(conversion.check, limits);
  judgement.gates = Judge({conversion.check}, limits);
  const bool failed = Together(judgement.gates) == Verdict::kFail;
  const ConvertOptions& options = conversion.options;  // each file of blocks takes minutes
  const bool may_search = *options.effort > 0 && !options.search && !RoundsInBlocks(options);
  if ((failed || !judgement.shortfalls.empty()) && may_search) {
    judgement.diagnosis = FindCure(conversion, network, threads);
  }
  return judgement;
}

}  // namespace qconvert
