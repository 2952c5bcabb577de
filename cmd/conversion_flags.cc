#include "cmd/conversion_flags.h"

#include <CLI/CLI.hpp>

#include "cmd/command_line.h"

namespace qconvert {

void AddModelFlags(CLI::App& app, ConvertOptions& options) {
  using Io = ConvertOptions::Io;
  app.add_option("model", options.model, "the float network")->type_name("MODEL.onnx");
  AddOutputFlag(app, "-o,--output", options.output, "the file to write; - for stdout")
      ->default_str("STEM.tflite here");
  AddChoice<Io>(app, "--io", options.io,
                {{"float32", Io::kFloat32},
                 {"int8", Io::kInt8},
                 {"uint8", Io::kUInt8},
                 {"int16", Io::kInt16}},
                "type of inputs and outputs (int16: with --activation-bits 16)")
      ->default_str("float32");
  using Layout = ConvertOptions::Layout;
  AddChoice<Layout>(app, "--layout", options.layout,
                    {{"nhwc", Layout::kNhwc}, {"keep", Layout::kKeep}},
                    "layout of inputs and outputs: nhwc, or keep ONNX's")
      ->default_str("nhwc");
}

void AddActivationBitsFlag(CLI::App& app, ConvertOptions& options) {
  app.add_option("--activation-bits", options.activation_bits,
                 "bits of activations (16: int16 with zero point 0, which LiteRT computes slowly)")
      ->check(CLI::IsMember({8, 16}).description(""))
      ->type_name("8|16")
      ->default_str("8");
}

void AddAllLayersFlag(CLI::App& app, ConvertOptions& options) {
  app.add_flag("--all-layers", options.all_layers,
               "with --bits 4: the first and the last layer, too, which otherwise keep 8 bits");
}

void AddSchemeFlag(CLI::App& app, ConvertOptions& options) {
  using Scheme = ConvertOptions::Scheme;
  AddChoice<Scheme>(app, "--scheme", options.scheme,
                    {{"symmetric", Scheme::kSymmetric}, {"asymmetric", Scheme::kAsymmetric}},
                    "quantizer of the weights")
      ->default_str("symmetric");
}

void AddExtensionsFlag(CLI::App& app, ConvertOptions& options) {
  app.add_flag("--allow-extensions", options.allow_extensions,
               "permit what only our runner executes");
}

void AddNodeFlags(CLI::App& app, ConvertOptions& options) {
  app.add_option("--exclude", options.exclude, "keep nodes whose name matches in float")
      ->type_name("REGEX");
  app.add_option("--wide", options.wide, "give nodes whose name matches 16-bit activations")
      ->type_name("REGEX");
}

void AddThreadsFlag(CLI::App& app, int& threads, const std::string& help) {
  app.add_option("--threads", threads, help)
      ->check(CLI::Range(1, 1024).description(""))
      ->type_name("1..1024")
      ->default_str("all cores");
}

}  // namespace qconvert
