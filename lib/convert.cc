#include <algorithm>
#include <chrono>
#include <filesystem>
#include <new>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "lib/base/output_file.h"
#include "lib/calibration/calibrate.h"
#include "lib/calibration/data_free.h"
#include "lib/evaluation/compare.h"
#include "lib/input_watch.h"
#include "lib/load_model.h"
#include "lib/passes/pipeline.h"
#include "lib/qconvert.h"
#include "lib/quantization/quantize_graph.h"
#include "lib/tflite/reader.h"
#include "lib/tflite/verify_rules.h"
#include "lib/tflite/writer.h"

namespace qconvert {
namespace {

namespace fs = std::filesystem;
using Mode = ConvertOptions::Mode;

constexpr size_t kCalibrationSamples = 256;  // more hardly move a range; --samples overrules
constexpr size_t kSyntheticSamples = 8;
constexpr size_t kCheckedSamples = 32;
constexpr size_t kWorstLayers = 3;

QuantizeOptions QuantizeOptionsOf(const ConvertOptions& options) {
  QuantizeOptions result;
  result.precision = options.mode == Mode::kFloat         ? Precision::kFloat
                     : options.mode == Mode::kWeightsOnly ? Precision::kWeightsOnly
                                                          : Precision::kInteger;
  result.weight_bits = options.bits;
  result.per_channel = options.per_channel;
  result.asymmetric_weights = options.asymmetric;
  result.allow_extensions = options.allow_extensions;
  result.strict = options.strict;
  result.exclude = options.exclude;
  result.io = options.io == ConvertOptions::Io::kInt8    ? IoType::kInt8
              : options.io == ConvertOptions::Io::kUInt8 ? IoType::kUInt8
                                                         : IoType::kFloat32;
  return result;
}

std::string ModeText(const ConvertOptions& options) {
  if (options.mode == Mode::kFloat) return "float32";
  if (options.bits == 16) return "float16 weights, float arithmetic";
  const std::string weights = fmt::format("{}-bit {} weights per {}", options.bits,
                                          options.asymmetric ? "asymmetric" : "symmetric",
                                          options.per_channel ? "channel" : "layer");
  return weights +
         (options.mode == Mode::kWeightsOnly ? ", float arithmetic" : ", int8 activations");
}

/// One conversion, from the imported graph to the written file.
class Conversion {
 public:
  explicit Conversion(const ConvertOptions& options)
      : options_(options), threads_(options.threads) {}

  ConvertSummary Run() {
    const auto start = std::chrono::steady_clock::now();
    Prepare();
    std::shared_ptr<const std::vector<std::byte>> bytes;
    try {
      bytes = CheckedFile();
    } catch (const Error& error) {
      throw error.WithContext(options_.model);
    }
    WriteFile(summary_.output, *bytes);
    summary_.output_bytes = bytes->size();
    summary_.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return std::move(summary_);
  }

 private:
  DumpOptions Dump(const std::string& stage) const {
    if (options_.dump_passes.empty()) return {};
    return {options_.dump_passes + "/" + stage};
  }

  void Prepare() {
    summary_.output = options_.output.empty() ? fs::path(options_.model).stem().string() + ".tflite"
                                              : options_.output;
    summary_.mode = ModeText(options_);
    const Layout layout = options_.keep_layout ? Layout::kKeep : Layout::kNhwc;
    graph_ = LoadOnnx(options_.model, options_.shapes, layout, Dump("float").directory);
    summary_.model_bytes = ModelBytes();
    RequireWritable(summary_.output);
    for (const auto& [key, value] : graph_.metadata) {
      constexpr std::string_view kPrefix = "layout.";
      if (key.rfind(kPrefix, 0) == 0) summary_.layouts[key.substr(kPrefix.size())] = value;
    }
    OpenData();
  }

  /// Returns the bytes of the model with its weights, wherever they lie.
  size_t ModelBytes() const {
    size_t weights = 0;
    for (TensorId id = 0; id < graph_.tensor_count(); ++id) {
      if (graph_.tensor(id).is_constant() && graph_.IsUsed(id))
        weights += graph_.tensor(id).bytes();
    }
    return std::max<size_t>(weights, fs::file_size(options_.model));
  }

  void OpenData() {
    std::vector<std::string> paths = options_.data.paths;
    if (paths.empty() && !FindTestVectors(options_.model).empty()) {
      const fs::path folder = fs::path(options_.model).parent_path();
      paths.push_back(folder.empty() ? "." : folder.string());
    }
    if (paths.empty()) return;
    const Preprocessing preprocessing = PreprocessingOf(options_.data);
    const size_t limit = options_.data.samples == 0 ? kCalibrationSamples : options_.data.samples;
    samples_ = OpenSamples(paths, SampleInputs(graph_), preprocessing, limit);
    source_ = paths.front();
    if (options_.data.preprocessing_given) {
      graph_.metadata["preprocessing"] = ToText(preprocessing);
    }
  }

  /// Quantizes, and returns the bytes of the file after judging them.
  std::shared_ptr<const std::vector<std::byte>> CheckedFile() {
    Graph quantized = Quantize();
    RunPasses(kExportPasses, quantized, Dump("export"));
    const auto bytes = std::make_shared<const std::vector<std::byte>>(WriteTflite(quantized));
    quantized = Graph();
    Graph reread = ReadTflite(*bytes, bytes);
    VerifyRules(reread, options_.allow_extensions);
    CheckResult(std::move(reread));
    return bytes;
  }

  Graph Quantize() {
    const QuantizeOptions options = QuantizeOptionsOf(options_);
    QuantizationReport report;
    Graph result;
    if (options.precision == Precision::kFloat) {
      result = graph_;
    } else if (options.precision == Precision::kWeightsOnly) {
      result = QuantizeWeightsOnly(graph_, options, report);
    } else {
      const Ranges ranges = FindRanges();
      result = QuantizeToIntegers(graph_, ranges, options, report);
    }
    summary_.integer_nodes = report.integer_nodes;
    for (FloatNode& node : report.float_nodes) {
      summary_.float_nodes.push_back({node.name, node.kind, node.reason});
    }
    TakeWarnings(report);
    result.metadata["mode"] = summary_.mode;
    if (!report.extensions.empty()) result.metadata["extensions"] = "asymmetric weights";
    return result;
  }

  void TakeWarnings(const QuantizationReport& report) {
    auto& warnings = summary_.warnings;
    warnings.insert(warnings.end(), report.warnings.begin(), report.warnings.end());
    if (!report.extensions.empty()) {
      warnings.push_back(fmt::format("asymmetric weights in {} nodes: this file runs only here",
                                     report.extensions.size()));
    }
    for (const std::string& node : report.eight_bit) {
      warnings.push_back(
          fmt::format("node '{}' keeps 8-bit weights: TFLite has no 4-bit kernel", node));
    }
  }

  Ranges FindRanges() {
    const CompiledGraph compiled(graph_);
    const CalibrationOptions method{
        options_.min_max ? RangeMethod::kMinMax : RangeMethod::kMovingAverage, options_.decay};
    if (!samples_) return FindRangesWithoutData(compiled, method);
    const std::vector<Port> ports = InputPorts(compiled.graph());
    InputWatch watch;
    Progress progress("calibrating", samples_->size(), options_.quiet);
    const FeedFunction feed = [&](size_t i, Session& session) {
      const auto values = samples_->Read(i);
      for (size_t k = 0; k < ports.size(); ++k) {
        if (graph_.tensor(ports[k].id).is_float()) {
          watch.Add(
              {reinterpret_cast<const float*>(values[k].data()), values[k].size() / sizeof(float)});
        }
        WriteInput(graph_, ports[k], values[k], session.Input(k));
      }
    };
    Ranges ranges = Calibrate(compiled, samples_->size(), feed, method, threads_, progress);
    watch.Report(summary_);
    summary_.calibration_samples = samples_->size();
    summary_.accuracy_proven = true;
    Describe(fmt::format("{} samples of {}, {}", samples_->size(), source_,
                         options_.min_max
                             ? "min/max"
                             : fmt::format("moving average of min/max, decay {}", options_.decay)));
    return ranges;
  }

  Ranges FindRangesWithoutData(const CompiledGraph& compiled, const CalibrationOptions& method) {
    Progress progress("calibrating", kSyntheticSamples, options_.quiet);
    const FeedFunction feed = [&](size_t i, Session& session) {
      FeedSynthetic(compiled.graph(), i, session);
    };
    Ranges ranges = Calibrate(compiled, kSyntheticSamples, feed, method, threads_, progress);
    const bool promised = ApplyStatistics(graph_, ranges);
    Describe(promised ? "no data: accuracy unproven (ranges from batch norm statistics)"
                      : "no data: accuracy unproven (seeded synthetic inputs)");
    return ranges;
  }

  void Describe(std::string calibration) {
    summary_.calibration = std::move(calibration);
    graph_.metadata["calibration"] = summary_.calibration;
  }

  /// Runs the finished file beside the float network on some of the samples.
  void CheckResult(Graph reread) {
    if (!samples_ || options_.mode == Mode::kFloat) return;
    RunPasses(kLoadPasses, reread);
    const RunnableModel reference(graph_, KernelSet::kFast), candidate(reread, KernelSet::kFast);
    const size_t count = std::min(samples_->size(), kCheckedSamples);
    const size_t all = samples_->size();
    Progress progress("checking", count, options_.quiet);
    const Comparison comparison = Compare(
        reference, candidate, count, [&](size_t i) { return samples_->Read(i * all / count); },
        {.layers = true}, threads_, progress);
    Summarize(comparison);
  }

  void Summarize(const Comparison& comparison) {
    summary_.checked_samples = comparison.samples;
    summary_.agreement = comparison.agreement;
    for (const OutputComparison& output : comparison.outputs) {
      summary_.outputs.push_back({output.name, output.errors.sqnr_db(),
                                  output.errors.largest_error(), output.constant,
                                  output.saturated});
    }
    for (const LayerComparison& layer : comparison.layers) {
      summary_.worst_layers.push_back({layer.node, layer.kind, layer.errors.sqnr_db()});
    }
    auto& worst = summary_.worst_layers;
    std::stable_sort(worst.begin(), worst.end(), [](const LayerSummary& a, const LayerSummary& b) {
      return a.sqnr_db < b.sqnr_db;
    });
    worst.resize(std::min(worst.size(), kWorstLayers));
    if (comparison.degenerate()) {
      summary_.warnings.push_back("the quantized network's answer no longer depends on its input");
    }
  }

  const ConvertOptions& options_;
  ThreadPool threads_;
  ConvertSummary summary_;
  Graph graph_;  // float, after the passes
  std::unique_ptr<SampleSet> samples_;
  std::string source_;
};

}  // namespace

ConvertSummary Convert(const ConvertOptions& options) try {
  return Conversion(options).Run();
} catch (const std::bad_alloc&) {
  Fail(ErrorKind::kUnusable, options.model + ": it needs more memory than there is");
}

}  // namespace qconvert
