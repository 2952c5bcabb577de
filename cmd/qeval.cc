// qeval: is the candidate as accurate as the reference? The exit code says. With --bench: how fast
// is a network?
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <spdlog/fmt/fmt.h>

#include "cmd/command_line.h"
#include "cmd/conversion_flags.h"
#include "cmd/mains.h"
#include "lib/evaluation/gate_kinds.h"
#include "lib/qconvert.h"

namespace qconvert {
namespace {

constexpr const char* kExamples = R"(Examples:
  qeval model.onnx model.tflite --data val/ --labels val.csv --max-drop 0.5 --junit qeval.xml
  qeval model.onnx model.tflite --data inputs.npz --min-sqnr 20 --layers
  qeval model.onnx model.tflite                    # ONNX test vectors beside the model
  qeval --bench model.tflite --threads 1 --profile # how fast it runs here, and where time goes
Exit codes: 0 every gate passed, 1 a gate failed, 6 undecided: too few samples for a gate, 2 usage,
  3 unusable input, 4 unsupported model, 5 cannot write, 130 interrupted.)";

struct Flags {
  EvaluateOptions options;
  BenchmarkOptions benchmark;
  std::string json, junit, markdown, html;
};

void AddBenchmarkFlags(CLI::App& app, Flags& flags) {
  BenchmarkOptions& options = flags.benchmark;
  CLI::Option* bench = app.add_option("--bench", options.model, "time a .tflite or .onnx instead")
                           ->type_name("FILE");
  app.add_option("--runs", options.runs, "timed runs")
      ->check(CLI::Range(1, 1000000).description(""))
      ->type_name("N")
      ->default_str("50")
      ->needs(bench);
  app.add_option("--batch", options.batch, "inferences in a run, distributed over the threads")
      ->check(CLI::Range(1, 1000000).description(""))
      ->type_name("N")
      ->default_str("1")
      ->needs(bench);
  app.add_flag("--profile", options.profile, "time every step too, beside what the machine can do")
      ->needs(bench);
  app.add_option("--names", options.names,
                 "ONNX model of a profiled .tflite: its steps get the names of the model's nodes")
      ->type_name("MODEL")
      ->needs(bench);
}

void AddGateFlags(CLI::App& app, EvaluateOptions& options) {
  for (const GateKind& kind : GateKinds()) {
    app.add_option(fmt::format("--{}", kind.name), options.gates.*kind.limit,
                   fmt::format("gate: {}", kind.help))
        ->type_name(std::string(kind.type_name));
  }
  app.add_option("--gates", options.gates_file,
                 R"(JSON with the same names: {"max-drop": 1, "min-sqnr": 20}; options beat it)")
      ->type_name("FILE");
  app.add_flag("--allow-undecided", options.allow_undecided,
               "exit with 0 and a warning, not with 6, when the samples are too few for a gate");
  app.add_option("--metric-command", options.metric_command,
                 "shell command that measures the outputs in a folder, which stands behind it: it "
                 "prints 'REFERENCE CANDIDATE', then the same for each row of draws.npy")
      ->type_name("CMD");
  app.add_option("--dump-outputs", options.dump_outputs,
                 "write the outputs on every sample to DIR: reference_K.npy, candidate_K.npy")
      ->type_name("DIR");
}

void AddFlags(CLI::App& app, Flags& flags) {
  EvaluateOptions& options = flags.options;
  app.add_option("reference", options.reference, "the float network")->type_name("MODEL");
  app.add_option("candidate", options.candidate, "the network to judge")->type_name("CANDIDATE");
  app.add_option("--labels", options.labels,
                 "true classes: a text file, a CSV, IDX, or the folder with a folder per class")
      ->type_name("PATH");
  AddGateFlags(app, options);
  app.add_flag(
      "--layers", options.layers,
      "which layers do the damage: each alone quantized, each alone in float, how it uses its "
      "range, and the line that cures the worst, tried");
  AddChoice<bool>(app, "--kernels", options.reference_kernels,
                  {{"fast", false}, {"reference", true}},
                  "fast, or reference: what LiteRT's reference kernels compute, bit for bit")
      ->default_str("fast");
  using Layout = EvaluateOptions::Layout;
  AddChoice<Layout>(app, "--candidate-layout", options.candidate_layout,
                    {{"nchw", Layout::kNchw}, {"nhwc", Layout::kNhwc}},
                    "layout of the candidate's inputs where shapes leave it open")
      ->default_str("as its shapes say");
  AddThreadsFlag(app, options.threads);
  AddOutputFlag(app, "--json", flags.json, "write the result as JSON; - for stdout");
  AddOutputFlag(app, "--junit", flags.junit, "write the gates as JUnit XML; - for stdout");
  AddOutputFlag(app, "--markdown", flags.markdown,
                "write the verdict as Markdown, for a pull request; - for stdout");
  AddOutputFlag(app, "--html", flags.html,
                "write the verdict with its layers, or under --bench the profile, as one HTML page "
                "with charts; - for stdout");
  app.add_flag("-q,--quiet", options.quiet, "print errors only");
}

void PrintAccuracy(const char* name, const std::optional<AccuracySummary>& accuracy) {
  if (!accuracy) return;
  fmt::print("{:<12} top-1 {:.2f} %, top-5 {:.2f} %\n", name, accuracy->top1_percent,
             accuracy->top5_percent);
}

void PrintGate(const GateResult& gate) {
  const bool undecided = gate.verdict == Verdict::kUndecided;
  fmt::print("{:<12} {}{}\n",
             gate.passed() ? "pass:"
             : undecided   ? "UNDECIDED:"
                           : "FAIL:",
             ToText(gate), undecided ? "; " + WhatDecides(gate) : "");
}

std::string PercentText(const std::optional<double>& share) {
  return share ? fmt::format("{:.2g} %", 100 * *share) : "";
}

void PrintLayer(const LayerSummary& layer) {
  fmt::print("{:>9} {:>9} {:>9} {:>8} {:>6} {:>10} {:>5}  {} ({})\n",
             layer.alone_db ? Decibels(*layer.alone_db) : "",
             layer.gain_db ? fmt::format("{:+.1f} dB", *layer.gain_db) : "",
             Decibels(layer.sqnr_db), PercentText(layer.share_at_ends),
             layer.share_used ? fmt::format("{:.0f} %", 100 * *layer.share_used) : "",
             layer.scale ? fmt::format("{:.4g}", *layer.scale) : "float",
             layer.zero_point ? fmt::format("{}", *layer.zero_point) : "", layer.node, layer.kind);
}

void PrintLayers(const EvaluateSummary& summary) {
  fmt::print("{:>9} {:>9} {:>9} {:>8} {:>6} {:>10} {:>5}  layer\n", "alone", "in float", "inside",
             "stuck", "used", "scale", "zero");
  for (const LayerSummary& layer : ByDamage(summary.layers)) PrintLayer(layer);
  fmt::print(
      "alone: SQNR of the worst output when only this layer is quantized; in float: what that\n"
      "output gains when only this layer is not; inside: SQNR of the layer's result with all\n"
      "that comes before it; stuck: values clipped at an end of the range; used: of the range\n");
}

void PrintDoctor(const DoctorSummary& doctor) {
  for (const TitledLine& line : ToLines(doctor)) {
    fmt::print("{:<12} {}\n", line.title + ":", line.text);
  }
}

void PrintSummary(const EvaluateSummary& summary, bool layers) {
  if (layers) PrintLayers(summary);
  fmt::print("samples:     {} from {}\n", summary.samples, summary.data);
  if (!summary.pictures.empty()) fmt::print("pictures:    {}\n", summary.pictures);
  if (!summary.labels.empty()) fmt::print("labels:      {}\n", summary.labels);
  PrintAccuracy("reference:", summary.reference_accuracy);
  PrintAccuracy("candidate:", summary.candidate_accuracy);
  if (summary.agreement_percent) {
    fmt::print("agreement:   {:.2f} % same top-1\n", *summary.agreement_percent);
  }
  for (const OutputSummary& output : summary.outputs) {
    fmt::print("output:      '{}' {}\n", output.name, FiguresText(output));
  }
  for (const GateResult& gate : summary.gates) {
    PrintGate(gate);
  }
  if (summary.doctor) PrintDoctor(*summary.doctor);
}

void PrintWarnings(const EvaluateSummary& summary) {
  for (const OutputSummary& output : summary.outputs) {
    if (output.constant) {
      fmt::print(stderr, "warning: output '{}' of the candidate is the same for every sample\n",
                 output.name);
    }
    if (output.saturated) {
      fmt::print(stderr, "warning: output '{}' of the candidate is stuck at one value\n",
                 output.name);
    }
  }
  for (const GateResult& gate : summary.gates) {
    if (gate.verdict != Verdict::kUndecided || !summary.allow_undecided) continue;
    fmt::print(stderr, "warning: undecided: {}; {}\n", ToText(gate), WhatDecides(gate));
  }
}

const char* ThreadsWord(int threads) { return threads == 1 ? "thread" : "threads"; }

void PrintSteps(const BenchmarkSummary& summary) {
  fmt::print("{:>9} {:>6} {:>8} {:>8} {:<8} {}\n", "us", "%", "GOP/s", "of roof", "bound by",
             "step");
  for (const StepSummary& step : summary.steps) {
    fmt::print("{:>9.1f} {:>6.1f} {:>8.1f} {:>7.1f}% {:<8} {} ({} {}) {}\n", step.median_us,
               step.percent_of_time, step.gops, step.percent_of_roof, step.bound, step.node,
               step.kind, step.shape, step.primitive);
  }
}

void PrintProfile(const BenchmarkSummary& summary) {
  PrintSteps(summary);
  fmt::print(
      "network:     {:.1f} GOP/s, {:.1f} % of the peak; its steps reach {:.1f} % of their roofs\n",
      summary.gops, summary.percent_of_peak, summary.percent_of_roof);
  for (const StepSummary& step : WorstSteps(summary)) {
    fmt::print("lost:        {}, {} ({})\n", LossText(step), step.node, step.kind);
  }
  fmt::print("peak:        {}, measured in registers on {} {}\n", PeaksText(*summary.peaks),
             summary.peaks->threads, ThreadsWord(summary.peaks->threads));
  fmt::print("reads:       {}\n", LevelsText(*summary.peaks));
  fmt::print(
      "roof:        the longer of a step's products at the peak and of one read of its operands "
      "and results\n             from the fastest level that holds them all\n");
}

void Print(const BenchmarkSummary& summary) {
  if (summary.peaks) PrintProfile(summary);
  fmt::print("read:        {:.1f} ms\nprepare:     {:.1f} ms\nwarm-up:     {:.3f} ms\n",
             summary.read_ms, summary.prepare_ms, summary.warm_up_ms);
  fmt::print("run:         min {:.3f} ms, median {:.3f} ms, p90 {:.3f} ms ({} runs, {} {})\n",
             summary.min_ms, summary.median_ms, summary.p90_ms, summary.runs, summary.threads,
             ThreadsWord(summary.threads));
  if (summary.batch > 1) {
    fmt::print("throughput:  {:.1f} inferences/s (batches of {})\n", summary.samples_per_s,
               summary.batch);
  }
  fmt::print("memory:      {} resident at most\n", Megabytes(summary.peak_rss_bytes));
}

int RunBenchmark(const Flags& flags) {
  BenchmarkOptions options = flags.benchmark;
  options.profile = options.profile || !flags.html.empty();
  options.shapes = flags.options.shapes;
  options.inputs = flags.options.inputs;
  options.outputs = flags.options.outputs;
  options.threads = flags.options.threads;
  options.reference_kernels = flags.options.reference_kernels;
  options.reports = {flags.json, flags.html};
  const BenchmarkSummary summary = Benchmark(options);
  WriteReport(flags.json, ToJson(summary));
  if (!flags.html.empty()) WriteReport(flags.html, ToHtml(summary));
  if (!flags.options.quiet) Print(summary);
  return 0;
}

void WriteReports(const Flags& flags, const EvaluateSummary& summary) {
  WriteReport(flags.json, ToJson(summary));
  WriteReport(flags.junit, ToJUnit(summary));
  WriteReport(flags.markdown, ToMarkdown(summary));
  WriteReport(flags.html, ToHtml(summary));
}

/// Compares; when that ends without a verdict because of what it reads, the reports say why.
EvaluateSummary Compared(const EvaluateOptions& options, const Flags& flags) {
  RequireReports(options);
  try {
    return Evaluate(options);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kUnusable || error.kind() == ErrorKind::kUnsupported) {
      EvaluateSummary summary;
      summary.reference = options.reference;
      summary.candidate = options.candidate;
      summary.error = RunError{error.exit_code(), error.what()};
      WriteReports(flags, summary);
    }
    throw;
  }
}

int RunComparison(const Flags& flags) {
  EvaluateOptions options = flags.options;
  options.diagnose = options.layers;
  options.layers = options.layers || !flags.html.empty();
  options.thumbnails = !flags.html.empty();
  options.reports = {flags.json, flags.junit, flags.markdown, flags.html};
  const EvaluateSummary summary = Compared(options, flags);
  WriteReports(flags, summary);
  for (const std::string& warning : summary.warnings) fmt::print(stderr, "warning: {}\n", warning);
  if (!options.quiet) PrintSummary(summary, flags.options.layers);
  PrintWarnings(summary);
  return summary.exit_code();
}

/// Refuses what only a comparison reads.
void RequireNoComparison(const CLI::App& app) {
  static const std::set<std::string> kRead = {"--bench",   "--runs",  "--batch",   "--profile",
                                              "--html",    "--json",  "--kernels", "--shape",
                                              "--threads", "--quiet", "--config",  "--names"};
  std::vector<std::string> given;
  for (const CLI::Option* option : app.get_options()) {
    const std::string name = option->get_name();
    if (option->count() > 0 && !kRead.contains(name)) given.push_back(name);
  }
  if (given.empty()) return;
  Fail(ErrorKind::kUsage, fmt::format("--bench times one FILE and compares nothing; drop {}",
                                      fmt::join(given, " and ")));
}

int Run(const CLI::App& app, Flags& flags) {
  SettleOutputs({&flags.json, &flags.junit, &flags.markdown, &flags.html});
  if (!flags.benchmark.model.empty()) {
    RequireNoComparison(app);
    return RunBenchmark(flags);
  }
  if (flags.options.candidate.empty()) {
    Fail(ErrorKind::kUsage, "MODEL and CANDIDATE are required, or --bench FILE; see --help");
  }
  return RunComparison(flags);
}

}  // namespace
}  // namespace qconvert

int QevalMain(int argc, char** argv) {
  CLI::App app("Compares a network with its float original on the same samples.", "qeval");
  app.footer(qconvert::kExamples);
  app.set_version_flag("--version", "qeval " QCONVERT_VERSION);
  qconvert::Flags flags;
  qconvert::AddFlags(app, flags);
  qconvert::AddBenchmarkFlags(app, flags);
  qconvert::AddDataFlags(app, flags.options.data, "as the candidate remembers, else ");
  qconvert::AddShapeFlag(app, flags.options.shapes);
  qconvert::AddCutFlags(app, flags.options.inputs, flags.options.outputs);
  return qconvert::RunCommand(app, argc, argv, [&] { return qconvert::Run(app, flags); });
}
