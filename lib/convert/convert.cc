// The conversion: each stage is a function of what the stages before it returned.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <new>
#include <utility>

#include "lib/base/free_memory.h"
#include "lib/base/output_file.h"
#include "lib/convert/conversion_summary.h"
#include "lib/convert/protect_inputs.h"
#include "lib/convert/validate_options.h"
#include "lib/graph/port_layout.h"
#include "lib/passes/passes.h"
#include "lib/qconvert.h"
#include "lib/tflite/encode_file.h"

namespace qconvert {
namespace {

namespace fs = std::filesystem;

/// Returns the folder for the text forms of one stage; empty when none are wanted.
std::string DumpFolder(const ConvertOptions& options, const std::string& stage) {
  return options.dump_passes.empty() ? "" : options.dump_passes + "/" + stage;
}

NetworkSource SourceOf(const ConvertOptions& options) {
  return {options.model, options.shapes,
          options.layout == ConvertOptions::Layout::kKeep ? Layout::kKeep : Layout::kNhwc,
          DumpFolder(options, "float")};
}

std::string OutputOf(const ConvertOptions& options) {
  if (!options.output.empty()) return options.output;
  return fs::path(options.model).stem().string() + ".tflite";
}

/// Returns the bytes of the model with its weights, wherever they lie.
size_t ModelBytes(const std::string& path, const Graph& network) {
  return std::max<size_t>(ConstantBytes(network), fs::file_size(path));
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
  ProtectInputs(options, output, dumps);
}

/// Calls `stage`; an error that it throws names the model.
template <typename Stage>
auto Naming(const std::string& model, const Stage& stage) {
  try {
    return stage();
  } catch (const Error& error) {
    throw error.WithContext(model);
  }
}

/// Quantizes the network, whose weights have left memory when this returns.
Graph QuantizeModel(const ConvertOptions& options, const CalibrationSamples& samples,
                    FloatNetwork& network, ThreadPool& threads, ConversionStages& stages) {
  stages.observed =
      Naming(options.model, [&] { return ObserveNetwork(network, samples, options, threads); });
  if (samples) stages.samples = stages.observed.evidence.samples().count();
  const Graph& graph = network.graph();
  QuantizedNetwork quantized = Naming(options.model, [&] {
    return QuantizeNetwork(graph, stages.observed, samples, options, threads);
  });
  network.Release();
  stages.report = std::move(quantized.report);
  stages.biases = quantized.biases;
  stages.why_not_corrected = quantized.why_not_corrected;
  return std::move(quantized.graph);
}

/// Converts as `options` say: those that the user gave, with every default in its place.
ConvertSummary RunConversion(const ConvertOptions& given, const ConvertOptions& options) {
  const std::string output = OutputOf(options);
  CheckOutputs(options, output);
  ThreadPool threads(options.threads);
  ConversionStages stages;
  FloatNetwork network(SourceOf(options));
  if (options.mode != ConvertOptions::Mode::kFloat) network.Apply(BoundMasks);
  RequireExcluded(network.graph(), options.exclude);
  stages.model_bytes = ModelBytes(options.model, network.graph());
  stages.layouts = LayoutsOf(network.graph());
  RequireWritable(output);
  RequireReportable(options.reports);
  const CalibrationSamples samples = OpenCalibrationSamples(options, network.graph());
  RequireJudgeable(options, network.graph(), bool{samples});

  Graph quantized = QuantizeModel(options, samples, network, threads, stages);
  TrimMemory();
  EncodedFile file = Naming(options.model, [&] {
    return EncodeFile(std::move(quantized), options.allow_extensions,
                      {DumpFolder(options, "export")});
  });
  stages.output_bytes = file.bytes->size();
  if (stages.observed.trace) {
    stages.check = Naming(options.model, [&] {
      return CheckConversion(given, options, samples, stages.observed, std::move(file.graph),
                             network, threads);
    });
  }
  ConvertSummary summary = SummarizeConversion(options, output, stages);
  Naming(options.model, [&] { RequirePassedGates(summary); });
  WriteFile(output, *file.bytes);
  return summary;
}

}  // namespace

ConvertSummary Convert(const ConvertOptions& options) try {
  const auto start = std::chrono::steady_clock::now();
  ConvertSummary summary = RunConversion(options, Validated(options));
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  summary.seconds = seconds.count();
  return summary;
} catch (const std::bad_alloc&) {
  Fail(ErrorKind::kUnusable, options.model + ": it needs more memory than there is");
}

}  // namespace qconvert
