#include "lib/convert/observe_network.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/calibration/channel_extremes.h"
#include "lib/calibration/data_free.h"
#include "lib/calibration/moments.h"
#include "lib/calibration/rounded_rows.h"
#include "lib/calibration/synthetic_inputs.h"
#include "lib/calibration/totals.h"
#include "lib/convert/load_model.h"
#include "lib/convert/validate_options.h"
#include "lib/kernels/instructions.h"
#include "lib/quantization/model_quantization.h"
#include "lib/quantization/recipe_rows.h"

namespace qconvert {
namespace {

using Mode = ConvertOptions::Mode;

constexpr size_t kSyntheticSamples = 16;
constexpr size_t kFewestChecked = 8;
constexpr size_t kMostChecked = 32;           // more cost more time than they tell
constexpr size_t kMostTracedBytes = 1 << 28;  // of outputs, which the trace keeps whole

/// Returns how many of `samples` samples the file is compared on: all when the user sets a limit,
/// else a third, so that the check takes a small part of the calibration's time. Where weights are
/// rounded by samples it is a third, too: the others are left for that.
size_t CheckedSamples(const Graph& network, size_t samples, const ConvertOptions& options) {
  size_t bytes = 1;
  for (TensorId id : network.outputs) {
    bytes += sizeof(float) * static_cast<size_t>(network.tensor(id).elements());
  }
  const size_t fitting = std::max(kFewestChecked, kMostTracedBytes / bytes);
  const size_t wanted = HasLimits(options) && !RoundsBySamples(options)
                            ? samples
                            : std::clamp(samples / 3, kFewestChecked, kMostChecked);
  return std::min(fitting, wanted);
}

/// Returns whether the quantized network depends on what tensors hold.
bool NeedsEvidence(const ConvertOptions& options) {
  if (options.equalize) return true;
  if (options.mode == Mode::kInteger) return true;
  return SearchesWeightScales(options);
}

/// Returns what the range methods read, those of a recipe's rows too, and others.
std::vector<const StatisticKind*> KindsFor(const ConvertOptions& options) {
  std::vector<const StatisticKind*> kinds = KindsForRanges(RangeMethodNamed(*options.calibration));
  for (const RecipeRow& row : options.rows) {
    if (row.calibration.empty()) continue;
    for (const StatisticKind* kind : KindsForRanges(RangeMethodNamed(row.calibration))) {
      if (std::ranges::find(kinds, kind) == kinds.end()) kinds.push_back(kind);
    }
  }
  kinds.push_back(&Totals::kKind);
  if (options.mode == Mode::kInteger) kinds.push_back(&RoundedRows::kKind);
  if (SearchesWeightScales(options)) kinds.push_back(&Moments::kKind);
  if (options.equalize) kinds.push_back(&ChannelExtremes::kKind);
  return kinds;
}

RangeOptions RangeOptionsOf(const ConvertOptions& options, double steps) {
  return {.decay = *options.decay, .percentile = *options.percentile, .steps = steps};
}

/// Returns the steps of most activations.
double StepsOf(const ConvertOptions& options) {
  return *options.activation_bits == 16 ? kInt16Steps : kInt8Steps;
}

/// Names the samples that were left out of ranges as broken.
std::optional<std::string> OutlierWarning(const ChosenRanges& chosen,
                                          const CalibrationSamples& samples) {
  if (chosen.left_out.empty()) return std::nullopt;
  std::string list;
  for (const auto& [sample, tensors] : chosen.left_out) {
    const std::string name =
        samples ? samples.set->name(sample) : fmt::format("synthetic input {}", sample);
    list += fmt::format("{}{} ({} tensors)", list.empty() ? "" : ", ", name, tensors);
  }
  return "samples that look broken or blank were left out of the ranges of some tensors: " + list;
}

std::string Describe(const CalibrationSamples& samples, const RangeMethod& method,
                     const ConvertOptions& options) {
  if (!samples) return "";
  const std::string text = fmt::format("{} samples of {}", samples.calibrating(), samples.name);
  if (options.mode != Mode::kInteger) return text;
  return text + ", " + method.describe(RangeOptionsOf(options, StepsOf(options)));
}

/// Returns what the user wants, as far as the processor has it.
FloatPrecision PrecisionOf(const ConvertOptions& options, NetworkObservation& result) {
  const bool wanted =
      *options.calibration_precision == ConvertOptions::CalibrationPrecision::kBFloat16;
  const bool bfloat16 = wanted && HasBFloat16();
  if (wanted && !bfloat16) {
    result.warnings.push_back(
        "this processor has no instructions for bf16: the calibration computes in float32");
  }
  result.precision = bfloat16 ? "bf16" : "float32";
  return bfloat16 ? FloatPrecision::kBFloat16 : FloatPrecision::kFloat32;
}

/// Takes the ranges of the results of nodes for which rows name a method of their own.
void TakeRangesOfRows(const Graph& network, const NetworkObservation& observed,
                      const ConvertOptions& options, ActivationRanges& ranges) {
  const std::map<std::string, std::string> methods = RangeMethodsOf(network, options.rows);
  std::set<std::string> names;
  for (const auto& [node, method] : methods) names.insert(method);
  for (const std::string& name : names) {
    const RangeMethod& method = RangeMethodNamed(name);
    const auto take = [&](double steps, Ranges& into) {
      const Ranges chosen =
          ChooseRanges(network, observed.evidence, method, RangeOptionsOf(options, steps)).ranges;
      for (const Node& node : network.nodes()) {
        const auto found = methods.find(node.name);
        if (found == methods.end() || found->second != name) continue;
        for (const TensorId id : node.outputs()) {
          into[static_cast<size_t>(id)] = chosen[static_cast<size_t>(id)];
        }
      }
    };
    take(kInt8Steps, ranges.int8);
    take(kInt16Steps, ranges.int16);
  }
}

/// The stages of an observation, which share what they run.
class Observer {
 public:
  Observer(FloatNetwork& network, const CalibrationSamples& samples, const ConvertOptions& options,
           ThreadPool& threads)
      : network_(network), samples_(samples), options_(options), threads_(threads) {}

  NetworkObservation Observe() {
    if (options_.mode == Mode::kFloat) return {};
    NoteQuantization();
    if (samples_) {
      RunOnSamples();
    } else if (NeedsEvidence(options_)) {
      is_quantized_ ? TakeOwnRanges() : RunWithoutData();
    }
    return std::move(result_);
  }

 private:
  void NoteQuantization() {
    const auto& notes = network_.structure().metadata;
    const auto quantization = notes.find("quantization");
    is_quantized_ = quantization != notes.end();
    if (is_quantized_) {
      result_.quantization = quantization->second;
    } else if (options_.mode == Mode::kDynamic && notes.count("dynamic_quantization") != 0) {
      result_.quantization = "the model's own, of activations at run time";
    }
  }

  /// A quantized model shows what its tensors hold with its own rounding, which saturates, too.
  void RunOnSamples() {
    if (is_quantized_) {
      network_.Release();
      FloatNetwork model = network_.WithItsOwnResults();
      Show(model);
    } else {
      Show(network_);
    }
    if (!NeedsEvidence(options_)) return;
    Calibrate();
    result_.inputs = InputValuesOf(network_.structure(), result_.evidence);
    const auto warning = result_.inputs ? WarningOf(*result_.inputs) : std::nullopt;
    if (warning) result_.warnings.push_back(*warning);
  }

  /// Takes trace and evidence of a network.
  void Show(FloatNetwork& network) {
    const size_t samples = samples_.calibrating();
    const Graph& graph = network.structure();
    if (samples_.held_out > 0) {
      std::vector<size_t> judges(samples_.held_out);
      std::iota(judges.begin(), judges.end(), samples);
      result_.trace.emplace(graph, std::move(judges));
    } else {
      result_.trace.emplace(graph, samples, CheckedSamples(graph, samples, options_));
    }
    if (!NeedsEvidence(options_) || samples_.held_out > 0) {
      Progress progress("running", result_.trace->samples().size(), options_.quiet);
      TraceSamples(network, samples_.reader(), threads_, progress, *result_.trace);
    }
    if (!NeedsEvidence(options_)) return;
    const auto trace = [this](size_t sample, TensorId id, std::span<const std::byte> bytes) {
      result_.trace->Add(sample, id, bytes);
    };
    const FloatPrecision precision = PrecisionOf(options_, result_);
    Progress progress("calibrating", samples, options_.quiet);
    result_.evidence = network.Run({0, samples}, FeedFrom(samples_.reader()), KindsFor(options_),
                                   {threads_, progress, precision, trace});
    result_.samples = samples;
  }

  void TakeOwnRanges() {
    TakeRangesOfGrids(network_.structure(), result_.calibration.ranges.int8);
    TakeRangesOfGrids(network_.structure(), result_.calibration.ranges.int16);
    result_.calibration.text = "none: the ranges are the model's own";
  }

  NetworkFeed SyntheticFeed() const {
    const Preprocessing preprocessing =
        options_.data.preprocessing ? PreprocessingOf(options_.data) : UsualPreprocessing();
    return [preprocessing](const Graph& graph, size_t i, Session& session) {
      FeedSynthetic(graph, i, session, preprocessing);
    };
  }

  void RunWithoutData() try {
    const FloatPrecision precision = PrecisionOf(options_, result_);
    Progress progress("calibrating", kSyntheticSamples, options_.quiet);
    result_.evidence = network_.Run({0, kSyntheticSamples}, SyntheticFeed(), KindsFor(options_),
                                    {threads_, progress, precision});
    Calibrate();
    auto& [int8, int16] = result_.calibration.ranges;
    const bool promised = ApplyStatistics(network_.structure(), int8, kInt8Steps);
    ApplyStatistics(network_.structure(), int16, kInt16Steps);
    result_.calibration.text =
        std::string("no data: accuracy unproven (") +
        (promised ? "ranges from batch norm statistics)" : "seeded synthetic inputs)") +
        result_.calibration.text;
    if (options_.mode == Mode::kInteger) {
      result_.warnings.push_back(
          "no samples: the ranges of activations are guesses, and the accuracy is unproven; give "
          "samples by --data, or use --dynamic, which needs no ranges");
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUnusable) throw;
    const std::string why =
        error.what() + std::string(", which was made up; give real ones by --data");
    if (options_.mode == Mode::kInteger) Fail(ErrorKind::kUnusable, why);
    result_ = {};
    result_.warnings.push_back("weight scales stay max|w| / limit: " + why);
  }

  void Calibrate() {
    result_.calibration =
        CalibrateBy(RangeMethodNamed(*options_.calibration), NetworkForRanges(options_, network_),
                    result_, samples_, options_);
  }

  FloatNetwork& network_;
  const CalibrationSamples& samples_;
  const ConvertOptions& options_;
  ThreadPool& threads_;
  bool is_quantized_ = false;  // it is quantized already
  NetworkObservation result_;
};

}  // namespace

NetworkObservation ObserveNetwork(FloatNetwork& network, const CalibrationSamples& samples,
                                  const ConvertOptions& options, ThreadPool& threads) {
  return Observer(network, samples, options, threads).Observe();
}

const Graph& NetworkForRanges(const ConvertOptions& options, FloatNetwork& network) {
  const auto refines = [](std::string_view name) {
    return !name.empty() && RangeMethodNamed(name).refine != nullptr;
  };
  const bool wanted =
      refines(*options.calibration) || std::ranges::any_of(options.rows, [&](const RecipeRow& row) {
        return refines(row.calibration);
      });
  return wanted ? network.graph() : network.structure();
}

Calibration CalibrateBy(const RangeMethod& method, const Graph& network,
                        const NetworkObservation& observed, const CalibrationSamples& samples,
                        const ConvertOptions& options) {
  const auto choose = [&](double steps) {
    ChosenRanges ranges =
        ChooseRanges(network, observed.evidence, method, RangeOptionsOf(options, steps));
    TakeRangesOfGrids(network, ranges.ranges);
    return ranges;
  };
  ChosenRanges int8 = choose(kInt8Steps), int16 = choose(kInt16Steps);
  ActivationRanges ranges{std::move(int8.ranges), std::move(int16.ranges)};
  TakeRangesOfRows(network, observed, options, ranges);
  const ChosenRanges& chosen = *options.activation_bits == 16 ? int16 : int8;
  Calibration result{std::move(ranges),
                     Describe(samples, method, options),
                     {std::string(method.name), chosen.count(), chosen.clipped, chosen.widened},
                     chosen.left_out.size(),
                     {}};
  const auto warning = OutlierWarning(chosen, samples);
  if (warning) result.warnings.push_back(*warning);
  if (observed.precision == "bf16") result.text += ", in bf16";
  if (chosen.clipped + chosen.widened > 0) {
    result.text += fmt::format(" ({} of {} ranges clipped, {} widened)", chosen.clipped,
                               chosen.count(), chosen.widened);
  }
  return result;
}

}  // namespace qconvert
