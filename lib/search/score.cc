#include "lib/search/score.h"

#include <utility>

#include "lib/evaluation/file_check.h"
#include "lib/tflite/encode_file.h"

namespace qconvert {

PlanScore Scorer::Score(const PrecisionPlan& precision, const PlanOptions& options,
                        const WeightMethods& methods) const {
  const QuantizationPlan plan = Plan(network_, ranges_, precision, options);
  WeightMethods threaded = methods;
  threaded.threads = &threads_;
  EncodedFile file =
      EncodeFile(Build(network_, plan, evidence_, threaded), options.allow_extensions);
  const size_t bytes = file.bytes->size();
  return {CheckFile(reference_, std::move(file.graph), read_, threads_, /*quiet=*/true), bytes};
}

}  // namespace qconvert
