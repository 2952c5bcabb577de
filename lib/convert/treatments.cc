#include "lib/convert/treatments.h"

#include <string_view>

#include "lib/calibration/range_method.h"
#include "lib/quantization/scale_method.h"

namespace qconvert {
namespace {

using Group = TreatmentGroup;

constexpr double kNearDb = 25;

Group Equalizations() {
  return {{{"--equalize", [](ConvertOptions& options) { options.equalize = true; }}}};
}

Group RangeChoices() {
  Group group{{}, kNearDb};
  for (const RangeMethod* method : RangeMethods().subspan(1)) {
    const std::string name(method->name);
    group.treatments.push_back(
        {"--calibration " + name, [name](ConvertOptions& options) { options.calibration = name; }});
  }
  return group;
}

Group WeightScales() {
  Group group;
  for (const ScaleMethod* method : ScaleMethods().subspan(1)) {
    const std::string name(method->name);
    group.treatments.push_back({"--weight-scale " + name,
                                [name](ConvertOptions& options) { options.weight_scale = name; }});
  }
  return group;
}

/// Whole blocks last: they take longer than all else, and stand on what was kept before.
Group Blocks() {
  return {{{"--rounding blocks", [](ConvertOptions& options) { options.rounding = "blocks"; }}}};
}

/// AdaRound takes up to a hundred times as long and is seldom nearer.
Group Roundings() {
  return {{{"--rounding gptq", [](ConvertOptions& options) { options.rounding = "gptq"; }}}};
}

Group BiasCorrections() {
  return {{{"--bias-correction none", [](ConvertOptions& options) {
              options.bias_correction = ConvertOptions::BiasCorrection::kNone;
            }}}};
}

}  // namespace

std::vector<TreatmentGroup> TreatmentsFor(const ConvertOptions& given) {
  const bool sets_ranges = given.calibration || given.decay || given.percentile;
  std::vector<Group> groups;
  if (!given.equalize) groups.push_back(Equalizations());
  if (!sets_ranges) groups.push_back(RangeChoices());
  if (!given.weight_scale) groups.push_back(WeightScales());
  if (!given.rounding) groups.push_back(Roundings());
  if (!given.bias_correction) groups.push_back(BiasCorrections());
  if (given.effort == 3 && !given.rounding) groups.push_back(Blocks());
  return groups;
}

}  // namespace qconvert
