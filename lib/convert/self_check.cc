#include "lib/convert/self_check.h"

#include <algorithm>
#include <utility>

#include "lib/convert/validate_options.h"
#include "lib/evaluation/file_check.h"

namespace qconvert {

SelfCheck CheckConversion(const ConvertOptions& given, const ConvertOptions& options,
                          const CalibrationSamples& samples, const NetworkObservation& observed,
                          Graph file, FloatNetwork& network, ThreadPool& threads) {
  SelfCheck check;
  check.comparison =
      CheckFile(*observed.trace, std::move(file), samples.reader(), threads, options.quiet);
  const GateLimits limits = LimitsOf(options);
  check.shortfalls = FindShortfalls(check.comparison, limits);
  check.gates = Judge(check.comparison, limits);
  const bool failed = std::any_of(check.gates.begin(), check.gates.end(),
                                  [](const GateVerdict& verdict) { return !verdict.passed; });
  if ((failed || !check.shortfalls.empty()) && *options.effort > 0) {
    check.diagnosis =
        FindCure({given, options, samples, observed, check.comparison}, network, threads);
  }
  return check;
}

}  // namespace qconvert
