// The conversion: each stage is a function of what the stages before it returned.
#include <chrono>
#include <filesystem>
#include <new>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "lib/base/cut_files.h"
#include "lib/base/interrupt.h"
#include "lib/base/output_file.h"
#include "lib/convert/conversion_summary.h"
#include "lib/convert/load_model.h"
#include "lib/convert/open_network.h"
#include "lib/convert/protect_inputs.h"
#include "lib/convert/recipes.h"
#include "lib/convert/search_precision.h"
#include "lib/convert/treat_network.h"
#include "lib/convert/validate_options.h"
#include "lib/graph/port_layout.h"
#include "lib/passes/split_outputs.h"
#include "lib/qconvert.h"
#include "lib/report/c_array.h"

namespace qconvert {
namespace {

namespace fs = std::filesystem;

/// Returns the folder for the text forms of one stage; empty when none are wanted.
std::string DumpFolder(const ConvertOptions& options, const std::string& stage) {
  return options.dump_passes.empty() ? "" : options.dump_passes + "/" + stage;
}

/// Returns what the network is called in a C array: as the file, or where that is the standard
/// output, as the model.
std::string NameOf(const ConvertOptions& options, const std::string& output) {
  return fs::path(output == "-" ? options.model : output).stem().string();
}

std::map<std::string, std::string> LayoutsOf(const Graph& network) {
  std::map<std::string, std::string> layouts;
  for (const auto* names : {&network.input_names, &network.output_names}) {
    for (const std::string& name : *names) layouts[name] = ToText(*NotedLayout(network, name));
  }
  return layouts;
}

/// Refuses outputs that would do harm, before any of them is created.
void CheckOutputs(const ConvertOptions& options, const std::string& output) {
  std::vector<std::string> dumps = FloatDumpPaths({DumpFolder(options, "float")});
  for (std::string& path : DumpPaths(kExportPasses, {DumpFolder(options, "export")})) {
    dumps.push_back(std::move(path));
  }
  if (!dumps.empty()) dumps.push_back(options.dump_passes);
  ProtectInputs(options, output, options.search ? RecipePathOf(options, output) : "", dumps);
}

/// Splits the outputs that a Concat computes, and returns which those are.
std::vector<JoinedOutput> SplitOutputsOf(const ConvertOptions& options, FloatNetwork& network) {
  std::vector<JoinedOutput> joined = FindJoinedOutputs(network.graph());
  if (joined.empty()) {
    Fail(ErrorKind::kUsage,
         options.model + ": no output is that of a Concat; drop --split-outputs");
  }
  network.Apply([](Graph& graph) {
    SplitOutputs(graph);
    graph.metadata["split_outputs"] = "yes";  // qeval splits those of the reference
  });
  return joined;
}

/// Scaled channels leave the model's own grids. The network without its pairs, which saturate,
/// shows no layer what it is to compute. Treatments are such options.
void RequireUnquantized(const ConvertOptions& options, const Graph& network) {
  if (network.metadata.count("quantization") == 0) return;
  const std::string drop = options.equalize           ? "--equalize"
                           : RoundsBySamples(options) ? FlagThatRoundsBySamples(options)
                           : *options.effort >= 2     ? fmt::format("--effort {}", *options.effort)
                           : options.search           ? "--search"
                                                      : "";
  if (drop.empty()) return;
  Fail(ErrorKind::kUsage, options.model + ": the model is quantized already; drop " + drop);
}

/// Returns the options with the flags that were measured to help, and equalizes the network where
/// that is one of them.
///   given  by the user
ConvertOptions TreatFirst(const ConvertOptions& given, const CalibrationSamples& samples,
                          FloatNetwork& network, ThreadPool& threads, ConversionStages& stages) {
  const ConvertOptions options = Validated(given);
  const auto load = [&] {
    FloatNetwork own = OpenNetwork(options, "");
    if (options.split_outputs) SplitOutputsOf(options, own);
    return own;
  };
  NetworkTreatment treatment{given, std::nullopt, {}};
  network.Release();
  if (*options.effort >= 2) {
    treatment = TreatNetwork(load, samples, given, threads);
    stages.treatment = std::move(treatment.summary);
  } else if (options.equalize) {
    treatment.equalization = FindEqualization(load, samples, options, threads);
  }
  if (treatment.equalization) {
    stages.equalization = ToText(*treatment.equalization);
    ApplyEqualization(*treatment.equalization, network);
  }
  return std::move(treatment.given);
}

/// The samples of a conversion.
struct Samples {
  CalibrationSamples all;
  std::optional<SearchSamples> parts;  ///< nothing where all calibrate

  const CalibrationSamples& used() const { return parts ? parts->judging : all; }
  /// Returns those that decisions may see.
  const CalibrationSamples& deciding() const { return parts ? parts->deciding : all; }
  size_t count() const { return all.set ? all.set->size() : 0; }
};

/// Writes what an interrupted search found so far, as far as this run made it.
void WriteUnjudged(const ConvertOptions& options, const FoundPrecision& found,
                   const Samples& samples) {
  if (found.bytes == nullptr) return;
  const std::string output = OutputOf(options);
  WriteFile(output, *found.bytes);
  WriteRecipe(RecipePathOf(options, output), found, samples.count());
}

/// Returns the options with the rows that a search finds.
ConvertOptions SearchFirst(const ConvertOptions& given, const Samples& samples,
                           FloatNetwork& network, ThreadPool& threads, ConversionStages& stages) {
  if (!given.search) return given;
  FoundPrecision found =
      SearchPrecision(network, samples.deciding(), given, threads,
                      [&](const FoundPrecision& so_far) { WriteUnjudged(given, so_far, samples); });
  ConvertOptions options = given;
  options.rows = found.rows;
  if (!found.calibration.empty()) options.calibration = found.calibration;
  found.summary.judging = samples.used().held_out;
  found.summary.recipe = RecipePathOf(given, OutputOf(given));
  stages.search = std::move(found);
  return options;
}

/// Makes the file and judges it.
void MakeAndJudge(const ConvertOptions& given, const Samples& samples, FloatNetwork& network,
                  ThreadPool& threads, ConversionStages& stages) try {
  const ConvertOptions treated = TreatFirst(given, samples.deciding(), network, threads, stages);
  const ConvertOptions searched = SearchFirst(treated, samples, network, threads, stages);
  const ConvertOptions settled = Validated(searched);
  stages.observed = ObserveNetwork(network, samples.used(), settled, threads);
  stages.made = MakeFile(network, stages.observed, samples.used(), settled, threads,
                         {DumpFolder(settled, "export")});
  if (!stages.made.comparison) return;
  stages.judgement =
      JudgeFile({searched, settled, samples.used(), stages.observed, *stages.made.comparison},
                network, threads);
} catch (const Error& error) {
  const bool found = error.kind() == ErrorKind::kInterrupted && stages.search;
  if (found) WriteUnjudged(given, *stages.search, samples);
  throw error.WithContext(given.model);
}

Samples OpenConversionSamples(const ConvertOptions& options, const Graph& network) {
  Samples samples{OpenCalibrationSamples(options, network), std::nullopt};
  RequireJudgeable(options, network, bool{samples.all});
  if (SplitsSamples(options)) samples.parts = SplitForSearch(samples.all);
  return samples;
}

/// Requires that what the conversion writes besides its file could be written.
void RequireOtherOutputs(const ConvertOptions& options, const std::string& output) {
  if (!options.c_array.empty()) RequireWritable(options.c_array);
  RequireReportable(options.reports);
  RequireReportable({options.state});
  if (options.search) RequireWritable(RecipePathOf(options, output));
}

/// Returns whether a model that rounds its activations at run time is to stay so: nothing tells
/// their ranges.
bool StaysDynamic(const ConvertOptions& options, const Graph& network) {
  const auto& notes = network.metadata;
  return notes.count("dynamic_quantization") != 0 && notes.count("quantization") == 0 &&
         options.mode == ConvertOptions::Mode::kInteger && options.data.paths.empty() &&
         options.io == ConvertOptions::Io::kFloat32 && !options.strict;
}

ConvertOptions WithMode(ConvertOptions options, ConvertOptions::Mode mode) {
  options.mode = mode;
  return options;
}

/// Converts as `options` say: those that the user gave, with every default in its place.
///   recipe  that the rows of the options come from; unset: none
ConvertSummary RunConversion(const ConvertOptions& given, const ConvertOptions& options,
                             const std::optional<SavedRecipe>& recipe) {
  const std::string output = OutputOf(options);
  CheckOutputs(options, output);
  ThreadPool threads(options.threads);
  ConversionStages stages;
  FloatNetwork network = OpenNetwork(options, DumpFolder(options, "float"));
  if (StaysDynamic(options, network.graph())) {
    const ConvertOptions dynamic = WithMode(given, ConvertOptions::Mode::kDynamic);
    return RunConversion(dynamic, Validated(dynamic), recipe);
  }
  if (options.split_outputs) stages.split_outputs = SplitOutputsOf(options, network);
  RequireNamed(network.graph(), "--exclude", options.exclude);
  RequireNamed(network.graph(), "--wide", options.wide);
  RequireUnquantized(options, network.graph());
  stages.model_bytes = ModelBytes(options.model, network.graph());
  stages.layouts = LayoutsOf(network.graph());
  RequireWritable(output);
  RequireOtherOutputs(options, output);
  const Samples samples = OpenConversionSamples(options, network.graph());
  if (recipe) stages.differences = DifferencesOf(*recipe, samples.count(), samples.used());
  MakeAndJudge(given, samples, network, threads, stages);
  ConvertSummary summary = SummarizeConversion(options, output, stages);
  Naming(options.model,
         [&] { RequirePassedGates(summary, options.allow_undecided || options.search); });
  ThrowIfInterrupted();
  RequireWholeFiles();
  network.RequireUnchanged();
  if (!options.c_array.empty()) {
    WriteFile(options.c_array,
              ToCArray(NameOf(options, output), *stages.made.bytes, summary.demands));
  }
  WriteFile(output, *stages.made.bytes);
  if (stages.search) {
    WriteRecipe(stages.search->summary.recipe, *stages.search, samples.count());
  }
  return summary;
}

}  // namespace

ConvertSummary Convert(const ConvertOptions& options) try {
  const auto start = std::chrono::steady_clock::now();
  ConvertOptions given = options;
  const std::optional<SavedRecipe> recipe = TakeRecipe(given);
  ConvertSummary summary = RunConversion(given, Validated(given), recipe);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  summary.seconds = seconds.count();
  return summary;
} catch (const std::bad_alloc&) {
  Fail(ErrorKind::kUnusable, options.model + ": it needs more memory than there is");
}

}  // namespace qconvert
