// qconvert: a float ONNX network -> an 8-bit TFLite file.
#include "lib/qconvert.h"

#include <cstdio>

#include <CLI/CLI.hpp>
#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include "cmd/command_line.h"
#include "cmd/conversion_flags.h"
#include "cmd/mains.h"
#include "cmd/quantizer_flags.h"
#include "cmd/search_flags.h"
#include "lib/base/free_memory.h"
#include "lib/tflite/target_profile.h"

namespace qconvert {
namespace {

constexpr const char* kExamples = R"(Examples:
  qconvert model.onnx --data photos/ --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225
  qconvert model.onnx --weights-only               # no data needed; 4x smaller
  qconvert model.onnx --dynamic                    # no data needed; integer products
  qconvert model.onnx --data inputs.npz --io int8 -o device.tflite
  qconvert model.onnx --data photos/ --search --min-sqnr 30  # the smallest file of 30 dB
  qconvert model.onnx --float                      # convert only
Exit codes: 0 done, 1 a gate failed and nothing was written, 6 too few samples for a gate and
  nothing was written, 2 usage, 3 unusable input, 4 unsupported model, 5 cannot write,
  130 interrupted.)";

struct Flags {
  ConvertOptions options;
  QuantizerFlags quantizer;
  std::string json, html;
  bool verbose = false, list_ops = false;
};

void AddCheckFlags(CLI::App& app, ConvertOptions& options) {
  app.add_option("--effort", options.effort,
                 "0: min/max ranges in one pass, biases as they are, and no search for a cure when "
                 "the check falls short; 1: the defaults above, and the search; 2: equalization, "
                 "range methods, weight scales and rounding are tried, too, and kept where they "
                 "help; 3: --rounding blocks, too, which takes minutes")
      ->check(CLI::IsMember({0, 1, 2, 3}).description(""))
      ->type_name("0|1|2|3")
      ->default_str("1");
  app.add_option("--budget", options.budget,
                 "of --effort 2 and 3 and --search: files to make and compare")
      ->check(CLI::Range(1, 10000).description(""))
      ->type_name("N")
      ->default_str("24, and 100 of --search");
  app.add_option("--max-drop", options.max_drop,
                 "gate: top-1 lost to the float network by --labels, percentage points")
      ->type_name("POINTS");
  app.add_option("--min-sqnr", options.min_sqnr,
                 "gate: SQNR of the worst output on the samples; nothing is written below it")
      ->type_name("DB");
  app.add_option("--min-agreement", options.min_agreement,
                 "gate: same top-1 as the float network, percent")
      ->type_name("PERCENT");
  app.add_option("--min-correlation", options.min_correlation,
                 "gate: correlation of the worst output, -1 to 1")
      ->type_name("R");
  app.add_flag("--allow-undecided", options.allow_undecided,
               "write the file, with a warning, when the samples are too few for a gate");
}

void AddFileFlags(CLI::App& app, Flags& flags) {
  ConvertOptions& options = flags.options;
  AddModelFlags(app, options);
  app.add_flag("--split-outputs", options.split_outputs,
               "give the operands of a Concat that the model ends with outputs of their own, each "
               "with its own scale");
  AddThreadsFlag(app, options.threads);
  AddOutputFlag(app, "--json", flags.json, "write the summary as JSON; - for stdout");
  AddOutputFlag(app, "--html", flags.html,
                "write the summary with the layers as one HTML page with charts; - for stdout");
  AddOutputFlag(app, "--c-array", options.c_array,
                "write the file as a C header, too, for devices without files; - for stdout");
  const std::vector<std::string> targets = TargetNames();
  AddNames(app, "--target", targets,
           "say which operators of the file this runtime or accelerator does not run, and why; the "
           "file stays the same",
           [&options, targets](size_t i) { options.target = targets[i]; });
  app.add_option("--dump-passes", options.dump_passes, "write the graph after each pass to DIR")
      ->type_name("DIR");
  app.add_flag("-q,--quiet", options.quiet, "print errors only");
  app.add_flag("-v,--verbose", flags.verbose, "name every float node and warning");
  app.add_flag("--list-ops", flags.list_ops, "print the table of operators")->configurable(false);
}

void Settle(Flags& flags) {
  ConvertOptions& options = flags.options;
  if (options.model.empty()) Fail(ErrorKind::kUsage, "no model given; see qconvert --help");
  if (options.quiet && flags.verbose) {
    Fail(ErrorKind::kUsage, "-q prints no summary that -v could lengthen; drop -q or -v");
  }
  SettleQuantizer(flags.quantizer, options);
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
  if (summary.accuracy) {
    fmt::print("             top-1 {:.2f} %, of the float network {:.2f} %\n",
               summary.accuracy->top1_percent, summary.reference_accuracy->top1_percent);
  }
  for (const OutputSummary& output : summary.outputs) {
    fmt::print("             output '{}': {}{}{}\n", output.name, FiguresText(output),
               output.constant ? ", ALWAYS THE SAME ANSWER" : "",
               output.saturated ? ", SATURATED" : "");
  }
  if (!summary.worst_layers.empty()) fmt::print("worst:");
  for (size_t i = 0; i < summary.worst_layers.size(); ++i) {
    const LayerSummary& layer = summary.worst_layers[i];
    fmt::print("{}{} ({}) {}\n", i == 0 ? "       " : "             ", layer.node, layer.kind,
               Decibels(layer.sqnr_db));
  }
  if (summary.damage) fmt::print("most damage: {}\n", ToText(*summary.damage));
  if (!summary.shortfalls.empty()) fmt::print("next:        {}\n", NextStep(summary));
}

std::string PercentOf(double part, double whole) {
  return whole > 0 ? fmt::format(" ({:.3g} % in integers)", 100 * part / whole) : "";
}

void PrintDemands(const DemandsSummary& demands) {
  fmt::print("inference:   {:.4g} million multiply-adds{}, {:.4g} kB of activations at the peak\n",
             static_cast<double>(demands.multiply_adds) / 1e6,
             PercentOf(static_cast<double>(demands.integer_multiply_adds),
                       static_cast<double>(demands.multiply_adds)),
             static_cast<double>(demands.activation_bytes) / 1e3);
}

void PrintTarget(const TargetSummary& target, bool verbose) {
  const std::vector<std::string> lines = ToLines(target, verbose);
  for (size_t i = 0; i < lines.size(); ++i) {
    fmt::print("{}{}\n", i == 0 ? "target:      " : "             ", lines[i]);
  }
}

void PrintTreatment(const TreatmentSummary& treatment, bool verbose) {
  fmt::print("treated:     {}\n", ToText(treatment));
  if (!verbose) return;
  for (const TrialSummary& trial : treatment.trials) {
    fmt::print("             {}: {}{}{}\n", trial.flag, Decibels(trial.nearness.sqnr_db),
               trial.nearness.agreement
                   ? fmt::format(", same top-1 on {} of {}", *trial.nearness.agreement,
                                 trial.nearness.samples)
                   : "",
               trial.kept ? ", kept" : "");
  }
}

void PrintSummary(const ConvertSummary& summary, bool verbose) {
  for (const std::string& warning : summary.warnings) fmt::print(stderr, "warning: {}\n", warning);
  fmt::print("mode:        {}\n", summary.mode);
  if (!summary.quantization.empty()) fmt::print("quantization: {}\n", summary.quantization);
  if (!summary.calibration.empty()) fmt::print("calibration: {}\n", summary.calibration);
  if (!summary.pictures.empty()) fmt::print("pictures:    {}\n", summary.pictures);
  if (summary.calibration_samples > 0) {
    fmt::print("input range: {:.4g} to {:.4g}, mean {:.4g}\n", summary.input_min, summary.input_max,
               summary.input_mean);
  }
  if (summary.search) PrintSearch(*summary.search, verbose);
  if (summary.treatment) PrintTreatment(*summary.treatment, verbose);
  if (!summary.equalization.empty()) fmt::print("equalized:   {}\n", summary.equalization);
  if (!summary.rounding.empty()) fmt::print("rounding:    {}\n", summary.rounding);
  if (summary.codebooks) fmt::print("codebooks:   {}\n", ToText(*summary.codebooks));
  if (!summary.bias_correction.empty()) fmt::print("biases:      {}\n", summary.bias_correction);
  fmt::print("integer:     {} nodes{}\n", summary.integer_nodes,
             summary.wide_nodes == 0
                 ? ""
                 : fmt::format(", {} of them with 16-bit activations", summary.wide_nodes));
  PrintFloatNodes(summary, verbose);
  for (const auto& [name, layout] : summary.layouts) {
    fmt::print("layout:      '{}' {}\n", name, layout);
  }
  if (!summary.batch.empty()) fmt::print("batch:       {}\n", summary.batch);
  for (const auto& [name, parts] : summary.split_outputs) {
    fmt::print("split:       '{}' into '{}'\n", name, fmt::join(parts, "', '"));
  }
  PrintCheck(summary);
  PrintDemands(summary.demands);
  if (const std::string text = AccumulatorsText(summary); !text.empty()) {
    fmt::print("accumulators: {}\n", text);
  }
  if (summary.target) PrintTarget(*summary.target, verbose);
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
  SettleOutputs({&flags.options.output, &flags.options.c_array, &flags.json, &flags.html});
  flags.options.reports = {flags.json, flags.html};
  const ConvertSummary summary = Convert(flags.options);
  WriteReport(flags.json, ToJson(summary));
  WriteReport(flags.html, ToHtml(summary));
  if (!flags.options.quiet) PrintSummary(summary, flags.verbose);
  return 0;
}

}  // namespace
}  // namespace qconvert

int QconvertMain(int argc, char** argv) {
  qconvert::ReturnLargeBlocks();
  CLI::App app("Turns a float ONNX network into a TFLite flatbuffer with 8-bit integer arithmetic.",
               "qconvert");
  app.footer(qconvert::kExamples);
  app.set_version_flag("--version", "qconvert " QCONVERT_VERSION);
  qconvert::Flags flags;
  qconvert::AddFileFlags(app, flags);
  qconvert::AddQuantizerFlags(app, flags.options, flags.quantizer);
  qconvert::AddCheckFlags(app, flags.options);
  qconvert::AddSearchFlags(app, flags.options);
  qconvert::AddDataFlags(app, flags.options.data, "");
  app.add_option(
         "--labels", flags.options.labels,
         "true classes of the samples: a text file, a CSV, IDX, or the folder with a folder "
         "per class")
      ->type_name("PATH");
  qconvert::AddShapeFlag(app, flags.options.shapes);
  qconvert::AddCutFlags(app, flags.options.inputs, flags.options.outputs);
  return qconvert::RunCommand(app, argc, argv, [&] { return qconvert::Run(flags); });
}
