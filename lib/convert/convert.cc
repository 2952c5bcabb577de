#include <algorithm>
#include <chrono>
#include <filesystem>
#include <new>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "lib/base/free_memory.h"
#include "lib/base/output_file.h"
#include "lib/calibration/moments.h"
#include "lib/convert/calibrate_model.h"
#include "lib/convert/load_model.h"
#include "lib/convert/protect_inputs.h"
#include "lib/convert/self_check.h"
#include "lib/passes/pipeline.h"
#include "lib/qconvert.h"
#include "lib/quantization/build.h"
#include "lib/quantization/plan.h"
#include "lib/quantization/plan_report.h"
#include "lib/tflite/reader.h"
#include "lib/tflite/verify_rules.h"
#include "lib/tflite/writer.h"

namespace qconvert {
namespace {

namespace fs = std::filesystem;
using Mode = ConvertOptions::Mode;

constexpr size_t kCalibrationSamples = 256;  // more hardly move a range; --samples overrules

NodePrecision PrecisionOf(const ConvertOptions& options) {
  if (options.mode == Mode::kFloat) return kFloatNode;
  const bool weights_only = options.mode == Mode::kWeightsOnly;
  return {options.bits == 4                    ? WeightPrecision::kInt4
          : options.bits == 16 && weights_only ? WeightPrecision::kFloat16
                                               : WeightPrecision::kInt8,
          weights_only ? ActivationPrecision::kFloat32 : ActivationPrecision::kInt8};
}

PlanOptions PlanOptionsOf(const ConvertOptions& options) {
  PlanOptions result;
  result.per_channel = options.per_channel;
  result.asymmetric_weights = options.asymmetric;
  result.allow_extensions = options.allow_extensions;
  result.strict = options.strict;
  if (options.mode != Mode::kInteger) return result;
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

  /// Refuses outputs that would do harm, before any of them is created.
  void CheckOutputs() const {
    std::vector<std::string> dumps = FloatDumpPaths(Dump("float"));
    for (std::string& path : DumpPaths(kExportPasses, Dump("export"))) {
      dumps.push_back(std::move(path));
    }
    if (!dumps.empty()) dumps.push_back(options_.dump_passes);
    ProtectInputs(options_, summary_.output, dumps);
  }

  void Prepare() {
    RangeMethodNamed(options_.calibration);  // is known before any work
    summary_.output = options_.output.empty() ? fs::path(options_.model).stem().string() + ".tflite"
                                              : options_.output;
    CheckOutputs();
    summary_.mode = ModeText(options_);
    model_time_ = ModelTime();
    graph_ = Load(Dump("float"));
    summary_.model_bytes = ModelBytes();
    RequireWritable(summary_.output);
    RequireReportable(options_.reports);
    for (const auto* names : {&graph_.input_names, &graph_.output_names}) {
      for (const std::string& name : *names) {
        summary_.layouts[name] = ToText(*NotedLayout(graph_, name));
      }
    }
    OpenData();
  }

  fs::file_time_type ModelTime() const {
    std::error_code missing;  // which Load reports
    return fs::last_write_time(options_.model, missing);
  }

  Graph Load(const DumpOptions& dump) const {
    const Layout layout = options_.keep_layout ? Layout::kKeep : Layout::kNhwc;
    Graph graph = LoadOnnx(options_.model, options_.shapes, layout, dump.directory);
    TrimMemory();
    return graph;
  }

  /// Returns the bytes of the model with its weights, wherever they lie.
  size_t ModelBytes() const {
    return std::max<size_t>(ConstantBytes(graph_), fs::file_size(options_.model));
  }

  void OpenData() {
    const std::vector<std::string> paths = DataPaths(options_.data, options_.model);
    if (paths.empty()) return;
    const Preprocessing preprocessing = PreprocessingOf(options_.data);
    const size_t limit = options_.data.samples == 0 ? kCalibrationSamples : options_.data.samples;
    data_ = {OpenSamples(paths, SampleInputs(graph_), preprocessing, limit), paths.front()};
    if (options_.data.preprocessing_given) {
      graph_.metadata["preprocessing"] = ToText(preprocessing);
    }
  }

  /// Quantizes, and returns the bytes of the file after judging them.
  std::shared_ptr<const std::vector<std::byte>> CheckedFile() {
    const bool checked = data_.samples && options_.mode != Mode::kFloat;
    if (checked) trace_ = TraceForCheck(graph_, *data_.samples);
    Graph quantized = Quantize();
    graph_ = Graph();
    TrimMemory();
    RunPasses(kExportPasses, quantized, Dump("export"));
    const auto bytes = std::make_shared<const std::vector<std::byte>>(WriteTflite(quantized));
    quantized = Graph();
    Graph reread = ReadTflite(*bytes, bytes);
    VerifyRules(reread, options_.allow_extensions);
    if (checked) {
      CheckResult(*trace_, std::move(reread), *data_.samples, options_.quiet, threads_, summary_);
    }
    return bytes;
  }

  Graph Quantize() {
    Calibration calibration;
    if (options_.mode != Mode::kFloat) calibration = FindCalibration();
    PrecisionPlan precision{PrecisionOf(options_), {}};
    KeepFloat(graph_, options_.exclude, precision);
    const QuantizationPlan plan =
        Plan(graph_, calibration.ranges, precision, PlanOptionsOf(options_));
    KnownMoments evidence(
        [&](const Tensor& real) { return MomentsOf(calibration.evidence, real); });
    const auto* scales = FindScaleMethod(options_.search_weight_scales ? "least-error" : "max");
    Graph result = Build(graph_, plan, evidence, {.scales = scales, .threads = &threads_});
    const QuantizationReport report = ReportOf(graph_, plan);
    Summarize(report);
    result.metadata["mode"] = summary_.mode;
    if (!report.extensions.empty()) result.metadata["extensions"] = "asymmetric weights";
    return result;
  }

  void Summarize(const QuantizationReport& report) {
    summary_.integer_nodes = report.integer_nodes;
    for (const FloatNode& node : report.float_nodes) {
      summary_.float_nodes.push_back({node.name, node.kind, node.reason});
    }
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

  /// Returns what keeps the trace during the calibration; null when nothing is checked.
  SampleObserver Observer() {
    if (!trace_) return nullptr;
    return [this](size_t sample, TensorId id, std::span<const std::byte> bytes) {
      trace_->Add(sample, id, bytes);
    };
  }

  /// Traces the float network where nothing is calibrated.
  void TraceFloat() {
    if (!trace_) return;
    const RunnableModel model(graph_, KernelSet::kFast);
    const auto read = [this](size_t i) { return data_.samples->Read(i); };
    Progress progress("tracing", trace_->samples().size(), options_.quiet);
    TraceSamples(model, read, threads_, progress, *trace_);
  }

  /// Reads the model anew, which is soon done: so the weights never lie in memory twice, as they
  /// are and as the calibration's kernels have repacked them.
  void LoadAgain() {
    TrimMemory();
    if (ModelTime() != model_time_) {
      Fail(ErrorKind::kUnusable, "it changed while it was converted; convert it again");
    }
    graph_ = Load({});
  }

  /// Returns what is known of the float network's tensors.
  Calibration FindCalibration() {
    const bool weights_only = options_.mode == Mode::kWeightsOnly;
    if (weights_only && (!SearchesWeightScales(options_) || options_.bits == 16)) {
      TraceFloat();
      return {};
    }
    const auto metadata = graph_.metadata;
    Calibration calibration;
    try {
      calibration =
          CalibrateModel(std::move(graph_), data_, options_, threads_, summary_, Observer());
    } catch (const Error& error) {
      if (!weights_only || data_.samples || error.kind() != ErrorKind::kUnusable) throw;
      summary_.warnings.push_back(
          fmt::format("weight scales stay max|w| / limit: {}", error.what()));
    }
    LoadAgain();
    graph_.metadata = metadata;
    graph_.metadata["calibration"] = summary_.calibration;
    return calibration;
  }

  const ConvertOptions& options_;
  ThreadPool threads_;
  ConvertSummary summary_;
  Graph graph_;  // float, after the passes
  fs::file_time_type model_time_;
  DataSource data_;
  std::optional<Trace> trace_;  // of the float network, for the check
};

}  // namespace

ConvertSummary Convert(const ConvertOptions& options) try {
  return Conversion(options).Run();
} catch (const std::bad_alloc&) {
  Fail(ErrorKind::kUnusable, options.model + ": it needs more memory than there is");
}

}  // namespace qconvert
