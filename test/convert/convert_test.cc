// The whole path on trained networks: conversion, determinism, the two kernel sets, damaged files.
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include <catch2/catch.hpp>

#include "lib/convert/load_model.h"
#include "lib/onnx/import.h"
#include "lib/qconvert.h"
#include "lib/tflite/reader.h"
#include "test/support/errors.h"
#include "test/support/scratch_folder.h"

using namespace qconvert;
namespace fs = std::filesystem;

namespace {

const std::string kData = QCONVERT_TESTDATA "/fashion_mnist";

DataOptions Pictures(const std::string& folder) {
  DataOptions data;
  data.paths = {kData + "/" + folder};
  data.preprocessing = PictureOptions{.mean = {0.2860F}, .std = {0.3530F}};
  return data;
}

ConvertOptions Conversion(const std::string& network, const std::string& output) {
  ConvertOptions options;
  options.model = kData + "/" + network + ".onnx";
  options.output = output;
  options.data = Pictures("calibration");
  options.quiet = true;
  return options;
}

EvaluateSummary Judge(const std::string& network, const std::string& candidate) {
  EvaluateOptions options;
  options.reference = kData + "/" + network + ".onnx";
  options.candidate = candidate;
  options.data = Pictures("images");
  options.labels = kData + "/labels.csv";
  options.quiet = true;
  return Evaluate(options);
}

std::string Bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void Write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// Reads damaged versions of a file: each must succeed or throw Error, and never crash.
template <typename Read>
void ReadDamaged(const std::string& bytes, const std::string& path, Read read) {
  std::mt19937 random(7);
  for (int i = 0; i < 200; ++i) {
    std::string damaged = bytes;
    if (i % 2 == 0) {
      damaged.resize(random() % bytes.size());
    } else {
      for (int k = 0; k < 8; ++k) damaged[random() % bytes.size()] = static_cast<char>(random());
    }
    Write(path, damaged);
    try {
      read(path);
    } catch (const Error& error) {
      INFO(error.what());
      CHECK(error.kind() != ErrorKind::kInternal);
    }
  }
}

}  // namespace

TEST_CASE("Trained networks keep their answers as integers", "[convert]") {
  const ScratchFolder scratch;
  for (const std::string network : {"mobilenet", "mobilenet_bn", "resnet", "resnet_bn"}) {
    const ConvertSummary summary = Convert(Conversion(network, scratch / "int8.tflite"));
    CHECK(summary.float_nodes.empty());
    CHECK(summary.calibration_samples == 64);
    const EvaluateSummary judged = Judge(network, scratch / "int8.tflite");
    INFO(network);
    CHECK(judged.samples == 300);
    CHECK(*judged.agreement_percent >= 98);
    CHECK(judged.candidate_accuracy->top1_percent >= 88);
    CHECK_FALSE(judged.degenerate);
  }
}

TEST_CASE("A float conversion computes what the ONNX network computes", "[convert]") {
  const ScratchFolder scratch;
  ConvertOptions options = Conversion("resnet", scratch / "float.tflite");
  options.mode = ConvertOptions::Mode::kFloat;
  Convert(options);
  const EvaluateSummary judged = Judge("resnet", scratch / "float.tflite");
  CHECK(*judged.agreement_percent == 100);
  CHECK(judged.outputs[0].sqnr_db > 80);
}

TEST_CASE("The same input gives the same bytes for any number of threads", "[convert]") {
  const ScratchFolder scratch;
  ConvertOptions options = Conversion("mobilenet", scratch / "one.tflite");
  options.threads = 1;
  Convert(options);
  options.output = scratch / "several.tflite";
  options.threads = GENERATE(2, 4);
  Convert(options);
  CHECK(Bytes(scratch / "one.tflite") == Bytes(scratch / "several.tflite"));
}

TEST_CASE("Biases are corrected on some of the samples, and the file says so", "[convert]") {
  const ScratchFolder scratch;
  ConvertOptions options = Conversion("mobilenet", scratch / "corrected.tflite");
  const ConvertSummary corrected = Convert(options);
  CHECK(corrected.bias_correction.rfind("sequential, on 8 samples, kept in ", 0) == 0);
  CHECK(corrected.compared_layers > 20);
  CHECK(corrected.corrected_layers > corrected.compared_layers / 2);
  CHECK(Bytes(options.output).find(corrected.bias_correction) != std::string::npos);
  options.output = scratch / "plain.tflite";
  options.bias_correction = ConvertOptions::BiasCorrection::kNone;
  CHECK(Convert(options).bias_correction.empty());
  CHECK(Judge("mobilenet", scratch / "corrected.tflite").outputs.at(0).sqnr_db >
        Judge("mobilenet", scratch / "plain.tflite").outputs.at(0).sqnr_db);
}

TEST_CASE("Equalization and rounding that read samples bring layer scales close to float",
          "[convert]") {
  const ScratchFolder scratch;
  ConvertOptions options = Conversion("mobilenet", scratch / "plain.tflite");
  options.granularity = ConvertOptions::Granularity::kPerLayer;
  const ConvertSummary plain = Convert(options);
  CHECK(plain.equalization.empty());
  CHECK(plain.rounding.empty());
  const double before = Judge("mobilenet", options.output).outputs.at(0).sqnr_db;
  options.output = scratch / "changed.tflite";
  SECTION("equalized") {
    options.equalize = true;
    const ConvertSummary equalized = Convert(options);
    CHECK(equalized.equalization.find("chains kept") != std::string::npos);
    CHECK(Bytes(options.output).find(equalized.equalization) != std::string::npos);
  }
  SECTION("rounded") {
    options.rounding = "gptq";
    const ConvertSummary rounded = Convert(options);  // 64 samples less the 21 of the check
    CHECK(rounded.rounding == "gptq, on 43 samples");
    CHECK(Bytes(options.output).find("gptq, on 43 samples") != std::string::npos);
  }
  CHECK(Judge("mobilenet", options.output).outputs.at(0).sqnr_db > before);
}

TEST_CASE("Rounding by samples gives the same bytes for any number of threads", "[convert]") {
  const ScratchFolder scratch;
  ConvertOptions options = Conversion("mobilenet", scratch / "one.tflite");
  options.bits = 4;
  options.rounding = "gptq";
  options.threads = 1;
  Convert(options);
  options.output = scratch / "three.tflite";
  options.threads = 3;
  Convert(options);
  CHECK(Bytes(scratch / "one.tflite") == Bytes(scratch / "three.tflite"));
}

TEST_CASE("With 4 bits the first and the last layer keep 8, unless all are asked for",
          "[convert]") {
  const ScratchFolder scratch;
  ConvertOptions options = Conversion("mobilenet", scratch / "outer.tflite");
  options.bits = 4;
  const ConvertSummary outer = Convert(options);
  CHECK(outer.mode ==
        "4-bit symmetric weights per channel, 8-bit in the first and last layer, int8 activations");
  options.output = scratch / "all.tflite";
  options.all_layers = true;
  const ConvertSummary all = Convert(options);
  CHECK(all.mode == "4-bit symmetric weights per channel, int8 activations");
  CHECK(all.output_bytes < outer.output_bytes);
}

TEST_CASE("Biases are as they were where there are no samples or no integers", "[convert]") {
  const ScratchFolder scratch;
  ConvertOptions options = Conversion("mobilenet", scratch / "plain.tflite");
  SECTION("no samples") { options.data = {}; }
  SECTION("weights only") { options.mode = ConvertOptions::Mode::kWeightsOnly; }
  CHECK(Convert(options).bias_correction.empty());
}

TEST_CASE("Too few samples to correct biases are said to be too few", "[convert]") {
  const ScratchFolder scratch;
  ConvertOptions options = Conversion("mobilenet", scratch / "plain.tflite");
  options.data.samples = 3;
  const ConvertSummary summary = Convert(options);
  CHECK(summary.corrected_layers == 0);
  CHECK(summary.bias_correction == "as they are: correcting them takes 4 samples, and there are 3");
}

TEST_CASE("Every mode writes a file that its own reader takes", "[convert]") {
  const ScratchFolder scratch;
  ConvertOptions options = Conversion("mobilenet_bn", scratch / "mode.tflite");
  SECTION("per layer") { options.granularity = ConvertOptions::Granularity::kPerLayer; }
  SECTION("weights only") { options.mode = ConvertOptions::Mode::kWeightsOnly; }
  SECTION("4-bit weights") { options.bits = 4; }
  SECTION("float16 weights") { options.bits = 16; }
  SECTION("int8 inputs and outputs") { options.io = ConvertOptions::Io::kInt8; }
  SECTION("uint8 inputs and outputs") { options.io = ConvertOptions::Io::kUInt8; }
  SECTION("int16 activations") { options.activation_bits = 16; }
  SECTION("int16 inputs and outputs") {
    options.activation_bits = 16;
    options.io = ConvertOptions::Io::kInt16;
  }
  SECTION("int16 activations without samples") {
    options.activation_bits = 16;
    options.data = {};
  }
  SECTION("ONNX's layout") { options.layout = ConvertOptions::Layout::kKeep; }
  SECTION("excluded nodes") { options.exclude = "Gemm"; }
  SECTION("no samples") { options.data = {}; }
  Convert(options);
  CHECK(*Judge("mobilenet_bn", options.output).agreement_percent > 50);
}

TEST_CASE("int16 activations lose little more than weights do", "[convert]") {
  const ScratchFolder scratch;
  ConvertOptions options = Conversion("mobilenet", scratch / "wide.tflite");
  const auto sqnr_db = [&] { return Judge("mobilenet", options.output).outputs.at(0).sqnr_db; };
  Convert(options);
  const double narrow = sqnr_db();
  options.activation_bits = 16;
  const ConvertSummary summary = Convert(options);
  CHECK(summary.mode == "8-bit symmetric weights per channel, int16 activations");
  CHECK(summary.ranges.clipped == 0);
  CHECK(summary.corrected_layers > 0);
  CHECK(sqnr_db() > narrow + 10);
}

TEST_CASE("Some nodes have 16-bit activations, and nearer results", "[convert]") {
  const ScratchFolder scratch;
  ConvertOptions options = Conversion("mobilenet", scratch / "mixed.tflite");
  const auto sqnr_db = [&] { return Judge("mobilenet", options.output).outputs.at(0).sqnr_db; };
  Convert(options);
  const double narrow = sqnr_db();
  options.wide = "Add";
  const ConvertSummary summary = Convert(options);
  CHECK(summary.mode == "8-bit symmetric weights per channel, int8 and int16 activations");
  CHECK(summary.wide_nodes > 0);
  CHECK(summary.wide_nodes < summary.integer_nodes);
  CHECK(summary.float_nodes.empty());
  CHECK(sqnr_db() > narrow);
  options.wide = "no such node";
  CHECK_THAT(ErrorOf([&] { Convert(options); }),
             IsError(ErrorKind::kUsage, "--wide 'no such node'"));
}

TEST_CASE("Searched weight scales tell more of the float network than max|w|", "[convert]") {
  const ScratchFolder scratch;
  ConvertOptions options = Conversion("resnet", scratch / "weights.tflite");
  options.mode = ConvertOptions::Mode::kWeightsOnly;
  const auto sqnr_db = [&] {
    Convert(options);
    return Judge("resnet", options.output).outputs.at(0).sqnr_db;
  };
  const double on_pictures = sqnr_db();
  options.data = {};
  const double on_synthetic_pictures = sqnr_db();
  options.weight_scale = "max";
  const double by_largest = sqnr_db();
  CHECK(on_synthetic_pictures > by_largest + 2);
  CHECK(on_pictures > on_synthetic_pictures);
}

TEST_CASE("The summary says what a target does not run, and warns where nothing else does",
          "[convert]") {
  const ScratchFolder scratch;
  ConvertOptions options = Conversion("mobilenet", scratch / "x.tflite");
  options.data = {};
  CHECK_FALSE(Convert(options).target);
  options.target = "ethos-u";
  const TargetSummary ends = Convert(options).target.value();
  REQUIRE(ends.unfit.size() == 2);
  CHECK(ends.unfit[0].kind == "QUANTIZE");
  CHECK(ends.unfit[1].nodes == std::vector<std::string>{"output/float"});
  CHECK(ends.unfit_percent == 0);
  options.io = ConvertOptions::Io::kInt8;
  CHECK(Convert(options).target->unfit.empty());
  options = Conversion("mobilenet", scratch / "x.tflite");
  options.data = {};
  options.mode = ConvertOptions::Mode::kWeightsOnly;
  options.target = "tflm";
  const ConvertSummary weights = Convert(options);
  CHECK(weights.target->unfit_operators == 20);
  CHECK(weights.warnings.back().find("TensorFlow Lite Micro cannot run the file") == 0);
}

TEST_CASE("Damaged models end in an error", "[convert]") {
  const ScratchFolder scratch;
  const std::string model = scratch / "damaged.onnx";
  ReadDamaged(Bytes(kData + "/mobilenet_bn.onnx"), model,
              [](const std::string& path) { LoadOnnx(path, {}, Layout::kNhwc); });
  ConvertOptions options = Conversion("mobilenet", scratch / "good.tflite");
  Convert(options);
  ReadDamaged(Bytes(options.output), scratch / "damaged.tflite",
              [](const std::string& path) { LoadTflite(path); });
}

TEST_CASE("Errors carry the exit code that scripts rely on", "[convert]") {
  const ScratchFolder scratch;
  const auto kind_of = [](const ConvertOptions& options) {
    try {
      Convert(options);
    } catch (const Error& error) {
      return error.exit_code();
    }
    return 0;
  };
  ConvertOptions options = Conversion("mobilenet", scratch / "x.tflite");
  SECTION("a model that is not there") {
    options.model = scratch / "none.onnx";
    CHECK(kind_of(options) == 3);
  }
  SECTION("an empty folder of samples") {
    fs::create_directories(scratch / "empty");
    options.data.paths = {scratch / "empty"};
    CHECK(kind_of(options) == 3);
  }
  SECTION("a target that cannot be written") {
    options.output = scratch / "no/such/folder/x.tflite";
    CHECK(kind_of(options) == 5);
  }
  SECTION("a broken --exclude") {
    options.exclude = "(";
    CHECK(kind_of(options) == 2);
  }
  SECTION("asymmetric weights without extensions") {
    options.scheme = ConvertOptions::Scheme::kAsymmetric;
    CHECK(kind_of(options) == 2);
  }
  CHECK_FALSE(fs::exists(scratch / "x.tflite"));
}

TEST_CASE("A gate that is not met fails", "[convert]") {
  const ScratchFolder scratch;
  Convert(Conversion("mobilenet", scratch / "int8.tflite"));
  EvaluateOptions options;
  options.reference = kData + "/mobilenet.onnx";
  options.candidate = scratch / "int8.tflite";
  options.data = Pictures("images");
  options.quiet = true;
  options.gates.min_sqnr = 60;
  const EvaluateSummary summary = Evaluate(options);
  CHECK(summary.verdict != Verdict::kPass);
  CHECK(ToJUnit(summary).find("<failure") != std::string::npos);
  CHECK(ToJson(summary).find("\"passed\": false") != std::string::npos);
}
