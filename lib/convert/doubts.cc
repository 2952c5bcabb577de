#include "lib/convert/doubts.h"

#include <spdlog/fmt/fmt.h>

#include "lib/convert/load_model.h"
#include "lib/samples/preprocessing.h"

namespace qconvert {
namespace {

constexpr double kLeastCorrelation = 0.5;

}  // namespace

std::vector<std::string> DoubtsAboutPreprocessing(const DataOptions& data, const Graph& candidate) {
  const auto remembered = candidate.metadata.find("preprocessing");
  if (!data.preprocessing || remembered == candidate.metadata.end()) return {};
  const Preprocessing given = PreprocessingOf(data);
  if (given == PreprocessingFromText(remembered->second)) return {};
  return {
      fmt::format("the candidate was calibrated with another preprocessing, {}, and is judged "
                  "with {}; drop the options to use its own",
                  remembered->second, ToText(given))};
}

std::vector<std::string> DoubtsAboutWeights(const Comparison& comparison) {
  std::vector<std::string> doubts;
  for (const OutputComparison& output : comparison.outputs) {
    const std::optional<double> correlation = output.correlation.value();
    if (output.same_values || !correlation || *correlation >= kLeastCorrelation) continue;
    doubts.push_back(fmt::format(
        "output '{}' hardly resembles the float network's (correlation {:.2f}): the candidate may "
        "have other weights, its outputs another order, or the samples another preprocessing",
        output.name, *correlation));
  }
  return doubts;
}

}  // namespace qconvert
