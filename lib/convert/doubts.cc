#include "lib/convert/doubts.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "lib/convert/load_model.h"
#include "lib/samples/preprocessing.h"

namespace qconvert {
namespace {

constexpr double kLeastCorrelation = 0.5;
constexpr size_t kManySamples = 10;  // of several classes, so many are seldom all of one

/// Returns whether a network has integers, or is a file whose weights were integers before it was
/// loaded.
bool IsQuantized(const Graph& graph) {
  const auto mode = graph.metadata.find("mode");
  if (mode != graph.metadata.end() && mode->second.find("-bit ") != std::string::npos) return true;
  return std::any_of(graph.nodes().begin(), graph.nodes().end(), [&](const Node& node) {
    return IsInteger(graph, node) || IsDynamic(graph, node);
  });
}

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

std::vector<std::string> DoubtsAboutOrder(const Graph& reference, const Graph& candidate) {
  if (!IsQuantized(reference) || IsQuantized(candidate)) return {};
  return {
      "the reference is quantized and the candidate is not: are they swapped? The float network "
      "stands first"};
}

std::vector<std::string> DoubtsAboutSamples(const Comparison& comparison) {
  if (comparison.samples == 1) return {"one sample says nothing of others; give more by --data"};
  const bool all_alike =
      std::all_of(comparison.outputs.begin(), comparison.outputs.end(),
                  [](const OutputComparison& output) { return output.same_for_all; });
  if (all_alike) {
    return {
        fmt::format("the reference answers all {} samples alike: either they are, or it does "
                    "not depend on them, and the figures say nothing of others",
                    comparison.samples)};
  }
  if (comparison.answers.size() != 1 || comparison.samples < kManySamples) return {};
  return {
      fmt::format("the reference says class {} of all {} samples: agreement says little; give "
                  "samples of several classes, or check the preprocessing",
                  *comparison.answers.begin(), comparison.samples)};
}

}  // namespace qconvert
