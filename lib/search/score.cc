#include "lib/search/score.h"

#include <utility>

#include "lib/evaluation/file_check.h"
#include "lib/tflite/encode_file.h"

namespace qconvert {

PlanScore Scorer::Score(const PrecisionPlan& precision) const {
  QuantizationPlan plan = Plan(network_, ranges_, precision, recipe_.options);
  const OwnedEvidence evidence = recipe_.evidence();
  EncodedFile file = EncodeFile(Build(network_, plan, evidence.sources(), recipe_.methods).graph,
                                recipe_.options.allow_extensions);
  const size_t bytes = file.bytes->size();
  return {CheckFile(reference_, std::move(file.graph), read_, threads_, /*quiet=*/true),
          std::move(plan), bytes};
}

}  // namespace qconvert
