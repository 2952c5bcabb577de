// qconvert: a float ONNX network -> an 8-bit TFLite file.
#include "lib/qconvert.h"

#include <cmath>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <spdlog/fmt/fmt.h>

#include "cmd/command_line.h"
#include "lib/base/free_memory.h"
#include "lib/calibration/range_method.h"

namespace qconvert {
namespace {

constexpr const char* kExamples = R"(Examples:
  qconvert model.onnx --data photos/ --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225
  qconvert model.onnx --weights-only               # no data needed; 4x smaller
  qconvert model.onnx --data inputs.npz --io int8 -o device.tflite
  qconvert model.onnx --float                      # convert only
Exit codes: 0 done, 2 usage, 3 unusable input, 4 unsupported model, 5 cannot write, 130 interrupted.)";

using Mode = ConvertOptions::Mode;
using Io = ConvertOptions::Io;

struct Flags {
  ConvertOptions options;
  std::string json;
  bool weights_only = false, floating = false, per_layer = false, per_channel = false;
  bool verbose = false, list_ops = false;
};

/// Adds --calibration with the range methods that there are.
void AddCalibrationFlag(CLI::App& app, ConvertOptions& options) {
  std::vector<std::string> names;
  std::string help = "how what samples show becomes the range of a tensor:";
  for (const RangeMethod* method : RangeMethods()) {
    const std::string by_default = names.empty() ? " (default)" : "";
    help += fmt::format("{} {}{}, {}", names.empty() ? "" : ";", method->name, by_default,
                        method->help);
    names.emplace_back(method->name);
  }
  app.add_option("--calibration", options.calibration, help)
      ->check(CLI::IsMember(names).description(""))
      ->type_name(fmt::format("{}", fmt::join(names, "|")));
}

void AddQuantizerFlags(CLI::App& app, Flags& flags) {
  ConvertOptions& options = flags.options;
  auto* per_channel =
      app.add_flag("--per-channel", flags.per_channel, "one weight scale per channel (default)");
  app.add_flag("--per-layer", flags.per_layer, "one weight scale per layer")->excludes(per_channel);
  app.add_option_function<std::string>(
         "--scheme",
         [&options](const std::string& scheme) { options.asymmetric = scheme == "asymmetric"; },
         "quantizer of the weights")
      ->check(CLI::IsMember({"symmetric", "asymmetric"}).description(""))
      ->type_name("symmetric|asymmetric");
  app.add_option_function<std::string>(
         "--weight-scale",
         [&options](const std::string& s) { options.search_weight_scales = s == "least-error"; },
         "scale of a channel's symmetric weights: searched for the least error of its results "
         "(default), or max|w| / 127")
      ->check(CLI::IsMember({"least-error", "max"}).description(""))
      ->type_name("least-error|max");
  app.add_option("--bits", options.bits, "bits of the weights (16: float16, float arithmetic)")
      ->check(CLI::IsMember({8, 4, 16}).description(""))
      ->type_name("8|4|16");
  auto* weights_only =
      app.add_flag("--weights-only", flags.weights_only,
                   "integer weights, float arithmetic; needs no --data, but uses it");
  app.add_flag("--float", flags.floating, "convert without quantizing")->excludes(weights_only);
  app.add_flag("--allow-extensions", options.allow_extensions,
               "permit what only our runner executes");
  app.add_flag("--strict", options.strict, "fail when an operator would stay float");
  app.add_option("--exclude", options.exclude, "keep nodes whose name matches in float")
      ->type_name("REGEX");
  AddCalibrationFlag(app, options);
  app.add_option_function<std::string>(
         "--calibration-precision",
         [&options](const std::string& s) { options.bfloat16_calibration = s == "bf16"; },
         "arithmetic of the calibration (default: float32); bf16 is faster on processors that have "
         "it, and rounds")
      ->check(CLI::IsMember({"float32", "bf16"}).description(""))
      ->type_name("float32|bf16");
  app.add_option("--decay", options.decay, "of the moving average")->check(CLI::Range(0.0, 0.9999));
}

void AddFileFlags(CLI::App& app, Flags& flags) {
  ConvertOptions& options = flags.options;
  app.add_option("model", options.model, "the float network")->type_name("MODEL.onnx");
  app.add_option("-o,--output", options.output,
                 "the file to write (default: STEM.tflite here); - for stdout")
      ->type_name("FILE|-");
  app.add_option_function<std::string>(
         "--io",
         [&options](const std::string& io) {
           options.io = io == "int8" ? Io::kInt8 : io == "uint8" ? Io::kUInt8 : Io::kFloat32;
         },
         "type of inputs and outputs (default: float32)")
      ->check(CLI::IsMember({"float32", "int8", "uint8"}).description(""))
      ->type_name("float32|int8|uint8");
  app.add_option_function<std::string>(
         "--layout",
         [&options](const std::string& layout) { options.keep_layout = layout == "keep"; },
         "layout of inputs and outputs: nhwc (default), or keep ONNX's")
      ->check(CLI::IsMember({"nhwc", "keep"}).description(""))
      ->type_name("nhwc|keep");
  app.add_option("--threads", options.threads, "threads (default: all cores)")
      ->check(CLI::Range(1, 1024));
  app.add_option("--json", flags.json, "write the summary as JSON; - for stdout")
      ->type_name("FILE|-");
  app.add_option("--dump-passes", options.dump_passes, "write the graph after each pass to DIR")
      ->type_name("DIR");
  app.add_flag("-q,--quiet", options.quiet, "print errors only");
  app.add_flag("-v,--verbose", flags.verbose, "name every float node and warning");
  app.add_flag("--list-ops", flags.list_ops, "print the table of operators");
}

void Settle(Flags& flags) {
  ConvertOptions& options = flags.options;
  if (options.model.empty()) Fail(ErrorKind::kUsage, "no model given; see qconvert --help");
  if (std::isnan(options.decay)) Fail(ErrorKind::kUsage, "--decay is no number");
  options.per_channel = !flags.per_layer;
  if (flags.floating) options.mode = Mode::kFloat;
  if (flags.weights_only || options.bits == 16) options.mode = Mode::kWeightsOnly;
  if (flags.floating && options.bits != 8) {
    Fail(ErrorKind::kUsage, "--float keeps the weights as they are; drop --bits");
  }
}

void PrintFloatNodes(const ConvertSummary& summary, bool verbose) {
  if (summary.float_nodes.empty()) return;
  fmt::print("float:       {} nodes\n", summary.float_nodes.size());
  const size_t shown = verbose ? summary.float_nodes.size() : 5;
  for (size_t i = 0; i < summary.float_nodes.size() && i < shown; ++i) {
    const FloatNodeSummary& node = summary.float_nodes[i];
    fmt::print("             {} ({}): {}\n", node.name, node.kind, node.reason);
  }
  if (summary.float_nodes.size() > shown) {
    fmt::print("             and {} more (-v lists all)\n", summary.float_nodes.size() - shown);
  }
}

void PrintCheck(const ConvertSummary& summary) {
  if (summary.checked_samples == 0) return;
  fmt::print("check:       {} samples compared with the float network{}\n", summary.checked_samples,
             summary.agreement ? fmt::format(", same top-1 on {}", *summary.agreement) : "");
  for (const OutputSummary& output : summary.outputs) {
    fmt::print("             output '{}': SQNR {}, {}largest error {:.3g}{}{}\n", output.name,
               Decibels(output.sqnr_db), CorrelationText(output), output.largest_error,
               output.constant ? ", ALWAYS THE SAME ANSWER" : "",
               output.saturated ? ", SATURATED" : "");
  }
  if (summary.worst_layers.empty()) return;
  fmt::print("worst:");
  for (size_t i = 0; i < summary.worst_layers.size(); ++i) {
    const LayerSummary& layer = summary.worst_layers[i];
    fmt::print("{}{} ({}) {}\n", i == 0 ? "       " : "             ", layer.node, layer.kind,
               Decibels(layer.sqnr_db));
  }
}

void PrintSummary(const ConvertSummary& summary, bool verbose) {
  for (const std::string& warning : summary.warnings) fmt::print(stderr, "warning: {}\n", warning);
  fmt::print("mode:        {}\n", summary.mode);
  if (!summary.calibration.empty()) fmt::print("calibration: {}\n", summary.calibration);
  if (summary.calibration_samples > 0) {
    fmt::print("input range: {:.4g} to {:.4g}, mean {:.4g}\n", summary.input_min, summary.input_max,
               summary.input_mean);
  }
  fmt::print("integer:     {} nodes\n", summary.integer_nodes);
  PrintFloatNodes(summary, verbose);
  for (const auto& [name, layout] : summary.layouts) {
    fmt::print("layout:      '{}' {}\n", name, layout);
  }
  PrintCheck(summary);
  fmt::print("size:        {} -> {} ({:.2f}x smaller)\n", Megabytes(summary.model_bytes),
             Megabytes(summary.output_bytes),
             static_cast<double>(summary.model_bytes) / static_cast<double>(summary.output_bytes));
  fmt::print("written:     {} ({:.1f} s)\n", summary.output, summary.seconds);
}

int Run(Flags& flags) {
  if (flags.list_ops) {
    fmt::print("{}", OperatorTable());
    return 0;
  }
  Settle(flags);
  SettleOutputs({&flags.options.output, &flags.json});
  flags.options.reports = {flags.json};
  const ConvertSummary summary = Convert(flags.options);
  WriteReport(flags.json, ToJson(summary));
  if (!flags.options.quiet) PrintSummary(summary, flags.verbose);
  return 0;
}

}  // namespace
}  // namespace qconvert

int main(int argc, char** argv) {
  qconvert::ReturnLargeBlocks();
  CLI::App app("Turns a float ONNX network into a TFLite flatbuffer with 8-bit integer arithmetic.",
               "qconvert");
  app.footer(qconvert::kExamples);
  app.set_version_flag("--version", "qconvert " QCONVERT_VERSION);
  qconvert::Flags flags;
  qconvert::AddFileFlags(app, flags);
  qconvert::AddQuantizerFlags(app, flags);
  qconvert::AddDataFlags(app, flags.options.data);
  qconvert::AddShapeFlag(app, flags.options.shapes);
  return qconvert::RunCommand(app, argc, argv, [&] { return qconvert::Run(flags); });
}
