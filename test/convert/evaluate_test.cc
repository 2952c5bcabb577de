// Evaluate on files: layouts, gates and what is refused.
#include <cmath>
#include <cstring>

#include <catch2/catch.hpp>

#include "lib/qconvert.h"
#include "lib/samples/preprocessing.h"
#include "lib/tflite/writer.h"
#include "test/support/errors.h"
#include "test/support/graph_builder.h"
#include "test/support/random.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

std::string Npy(const std::string& shape, const std::vector<float>& values) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }";
  header.resize(118 - 1, ' ');
  std::string bytes = std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n";
  bytes.resize(128 + values.size() * sizeof(float));
  std::memcpy(bytes.data() + 128, values.data(), values.size() * sizeof(float));
  return bytes;
}

void WriteModel(const ScratchFolder& folder, const std::string& name, const Graph& graph) {
  const SharedBytes file = WriteTflite(graph);
  folder.Write(name, {reinterpret_cast<const char*>(file->data()), file->size()});
}

/// Adds `offset` to ten scores.
Graph Classifier(const std::vector<float>& offset) {
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 10}), c = b.Constant<float>("c", {10}, offset);
  return b.Output(b.Emit(Add{}, {x, c}, "y")).Build();
}

constexpr size_t kSamples = 80;

/// Two classifiers on samples of eight classes of ten, of which the candidate gets two wrong.
struct Classifiers {
  ScratchFolder folder;
  EvaluateOptions options;

  Classifiers() {
    std::vector<float> scores(10 * kSamples);
    std::string labels;
    for (size_t i = 0; i < kSamples; ++i) {
      const size_t label = i % 8;
      scores[10 * i + label] = 1;
      if (label >= 6) scores[10 * i + 9] = 0.75F;
      labels += std::to_string(label) + "\n";
    }
    std::vector<float> offset(10);
    offset[9] = 0.5F;
    WriteModel(folder, "reference.tflite", Classifier(std::vector<float>(10)));
    WriteModel(folder, "candidate.tflite", Classifier(offset));
    options.reference = folder / "reference.tflite";
    options.candidate = folder / "candidate.tflite";
    options.data.paths = {
        folder.Write("x.npy", Npy("(" + std::to_string(kSamples) + ", 10)", scores))};
    options.labels = folder.Write("labels.txt", labels);
    options.quiet = true;
  }
};

/// Labels of all samples: those of the first eight again and again.
std::string Repeated(const std::string& eight) {
  std::string labels;
  for (size_t i = 0; i < kSamples / 8; ++i) labels += eight;
  return labels;
}

TEST_CASE("Accuracy, agreement and their gates are in percent", "[convert]") {
  Classifiers classifiers;
  EvaluateOptions& options = classifiers.options;
  options.gates = {.max_drop = 40, .min_top1 = 60, .min_agreement = 60};
  const EvaluateSummary summary = Evaluate(options);
  CHECK(summary.samples == kSamples);
  CHECK(summary.reference_accuracy->top1_percent == 100);
  CHECK(summary.candidate_accuracy->top1_percent == 75);
  CHECK(summary.candidate_accuracy->top5_percent == 100);
  CHECK(*summary.agreement_percent == 75);
  CHECK(summary.gates.size() == 4);
  CHECK(summary.verdict == Verdict::kPass);
  CHECK(summary.exit_code() == 0);
}

TEST_CASE("A limit that the samples do not decide ends with 6, or with 0 where that is allowed",
          "[convert]") {
  Classifiers classifiers;
  EvaluateOptions& options = classifiers.options;
  options.gates.max_drop = 27;
  EvaluateSummary summary = Evaluate(options);
  CHECK(summary.verdict == Verdict::kUndecided);
  CHECK(summary.gates[0].samples_to_decide);
  CHECK(summary.exit_code() == 6);
  options.allow_undecided = true;
  summary = Evaluate(options);
  CHECK(summary.verdict == Verdict::kUndecided);
  CHECK(summary.exit_code() == 0);
}

TEST_CASE("Limits stand in a file, and options beat it", "[convert]") {
  Classifiers classifiers;
  EvaluateOptions& options = classifiers.options;
  const auto write = [&](const std::string& text) {
    options.gates_file = classifiers.folder.Write("gates.json", text);
  };
  write(R"({"max-drop": 40, "min-agreement": 99})");
  CHECK(Evaluate(options).exit_code() == 1);
  options.gates.min_agreement = 60;
  CHECK(Evaluate(options).exit_code() == 0);
  write(R"({"max-dorp": 40})");
  CHECK_THAT(ErrorOf([&] { Evaluate(options); }),
             IsError(ErrorKind::kUnusable, "no gate 'max-dorp'; the nearest is 'max-drop'"));
  for (const char* text : {"", "[]", "{", R"({"max-drop": "1"})"}) {
    write(text);
    CHECK_THAT(ErrorOf([&] { Evaluate(options); }), IsError(ErrorKind::kUnusable, "gates.json: "));
  }
  write(R"({"max-drop": 400})");
  CHECK_THAT(ErrorOf([&] { Evaluate(options); }), IsError(ErrorKind::kUsage, "--max-drop 400"));
}

TEST_CASE("Sizes and times are judged as ratios", "[convert]") {
  Classifiers classifiers;
  classifiers.options.gates = {.max_latency_ratio = 1e6, .max_size_ratio = 1e6};
  const EvaluateSummary summary = Evaluate(classifiers.options);
  CHECK(summary.exit_code() == 0);
  CHECK(summary.gates[1].value == static_cast<double>(summary.candidate_bytes) /
                                      static_cast<double>(summary.reference_bytes));
  CHECK(summary.gates[1].exact());
  CHECK(summary.latency->candidate_ms > 0);
}

TEST_CASE("A command measures dumped outputs", "[convert]") {
  Classifiers classifiers;
  EvaluateOptions& options = classifiers.options;
  options.dump_outputs = classifiers.folder / "dump";
  options.metric_command = R"(sh -c 'test -s "$0"/outputs.json && echo 0.75 0.5')";
  options.gates.max_metric_drop = 0.5;
  EvaluateSummary summary = Evaluate(options);
  CHECK(summary.metric->reference == 0.75);
  CHECK(summary.metric->candidate == 0.5);
  CHECK(summary.gates[0].value == 0.25);
  CHECK(summary.gates[0].verdict == Verdict::kUndecided);  // it says nothing of the draws
  options.metric_command = "for i in $(seq 201); do echo 0.75 0.5; done #";
  CHECK(Evaluate(options).exit_code() == 0);
  const std::string reference = ReadBytes(classifiers.folder / "dump/reference_0.npy");
  CHECK(reference.find("'shape': (80, 10, )") != std::string::npos);
  CHECK(reference.size() % 64 == 0);
  CHECK(reference.size() >= kSamples * 10 * 4);
  for (const char* command : {"exit 3 #", "echo nothing #", "echo 1 #", "echo 1 2 3 #",
                              "printf '1 2\\n1 2\\n' #", "echo nan 1 #"}) {
    options.metric_command = command;
    CHECK_THAT(ErrorOf([&] { Evaluate(options); }),
               IsError(ErrorKind::kUnusable, "--metric-command '"));
  }
}

TEST_CASE("Samples whose answer changed are named with both answers and the label", "[convert]") {
  Classifiers classifiers;
  const EvaluateSummary summary = Evaluate(classifiers.options);
  REQUIRE(summary.changed.size() == kSamples / 4);
  CHECK(summary.changed[0].sample.find("[6]") != std::string::npos);
  CHECK(summary.changed[0].reference == 6);
  CHECK(summary.changed[0].candidate == 9);
  CHECK(summary.changed[0].label == 6);
}

TEST_CASE("Another network than the reference's is doubted", "[convert]") {
  Classifiers classifiers;
  EvaluateOptions& options = classifiers.options;
  CHECK(Evaluate(options).warnings.empty());
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 10});
  WriteModel(classifiers.folder, "other.tflite",
             b.Output(b.Emit(Mul{}, {x, b.Scalar(-1)}, "y")).Build());
  options.candidate = classifiers.folder / "other.tflite";
  const EvaluateSummary summary = Evaluate(options);
  REQUIRE(summary.warnings.size() == 1);
  CHECK(summary.warnings[0].find("output 'y' hardly resembles the float network's (correlation "
                                 "-1.00)") != std::string::npos);
}

TEST_CASE("A quantized reference of a float candidate is doubted", "[convert]") {
  Classifiers classifiers;
  GraphBuilder b;
  const TensorId x = b.Input("x", {1, 10});
  const TensorId q = b.Emit(Quantize{}, {x}, "x/int8", ElementType::kInt8, PerLayer(1.0F / 128, 0));
  const TensorId r = b.Emit(Relu{}, {q}, "r", ElementType::kInt8, PerLayer(1.0F / 128, 0));
  WriteModel(classifiers.folder, "integer.tflite",
             b.Output(b.Emit(Dequantize{}, {r}, "y")).Build());
  EvaluateOptions& options = classifiers.options;
  options.candidate = classifiers.folder / "integer.tflite";
  CHECK(Evaluate(options).warnings.empty());
  std::swap(options.reference, options.candidate);
  const EvaluateSummary summary = Evaluate(options);
  REQUIRE(summary.warnings.size() == 1);
  CHECK(summary.warnings[0].find("are they swapped?") != std::string::npos);
}

TEST_CASE("Samples that are too alike are doubted", "[convert]") {
  Classifiers classifiers;
  EvaluateOptions& options = classifiers.options;
  options.labels.clear();
  const auto warning_for = [&](size_t samples, const std::vector<float>& values) {
    options.data.paths = {classifiers.folder.Write(
        "alike.npy", Npy("(" + std::to_string(samples) + ", 10)", values))};
    const EvaluateSummary summary = Evaluate(options);
    return summary.warnings.size() == 1 ? summary.warnings[0] : "";
  };
  std::vector<float> one(10, 0.1F), alike(200), one_class(200);
  one[3] = 1;
  for (size_t i = 0; i < 200; ++i) {
    alike[i] = one[i % 10];
    one_class[i] = one[i % 10] + 0.001F * static_cast<float>(i);
  }
  CHECK(warning_for(1, one).find("one sample says nothing") != std::string::npos);
  CHECK(warning_for(20, alike).find("answers all 20 samples alike") != std::string::npos);
  CHECK(warning_for(20, one_class).find("class 3 of all 20 samples") != std::string::npos);
}

TEST_CASE("Another preprocessing than the candidate's is doubted", "[convert]") {
  Classifiers classifiers;
  EvaluateOptions& options = classifiers.options;
  Graph candidate = Classifier(std::vector<float>(10));
  Preprocessing bytes;
  bytes.pixel_range = 255;
  candidate.metadata["preprocessing"] = ToText(bytes);
  WriteModel(classifiers.folder, "candidate.tflite", candidate);
  CHECK(Evaluate(options).warnings.empty());
  options.data.preprocessing = PictureOptions{.mean = {0.5F}};
  const EvaluateSummary summary = Evaluate(options);
  REQUIRE(summary.warnings.size() == 1);
  CHECK(summary.warnings[0].find("calibrated with another preprocessing") != std::string::npos);
}

TEST_CASE("Outputs are dumped into no folder that holds anything else", "[convert]") {
  Classifiers classifiers;
  classifiers.options.dump_outputs = classifiers.folder.path();
  CHECK_THAT(ErrorOf([&] { Evaluate(classifiers.options); }),
             IsError(ErrorKind::kUsage, "holds other files"));
}

TEST_CASE("Each gate alone can fail a model", "[convert]") {
  Classifiers classifiers;
  EvaluateOptions& options = classifiers.options;
  SECTION("drop") { options.gates.max_drop = 10; }
  SECTION("top-1") { options.gates.min_top1 = 90; }
  SECTION("agreement") { options.gates.min_agreement = 90; }
  SECTION("SQNR") { options.gates.min_sqnr = 60; }
  const EvaluateSummary summary = Evaluate(options);
  CHECK(summary.exit_code() == 1);
  REQUIRE(summary.gates.size() == 2);
  CHECK(summary.gates[0].verdict == Verdict::kFail);
  CHECK(summary.gates[1].name == "degenerate outputs");
  CHECK(summary.gates[1].passed());
}

TEST_CASE("A degenerate candidate fails whenever there is a gate", "[convert]") {
  Classifiers classifiers;
  GraphBuilder b;
  const TensorId zero = b.Emit(Mul{}, {b.Input("x", {1, 10}), b.Scalar(0)});
  WriteModel(classifiers.folder, "stuck.tflite",
             b.Output(b.Emit(Add{}, {zero, b.Random("c", {10})}, "y")).Build());
  classifiers.options.candidate = classifiers.folder / "stuck.tflite";
  CHECK(Evaluate(classifiers.options).exit_code() == 0);  // nobody asked
  classifiers.options.gates.min_top1 = 0;
  const EvaluateSummary summary = Evaluate(classifiers.options);
  CHECK(summary.degenerate);
  CHECK(summary.exit_code() == 1);
}

TEST_CASE("Gates on accuracy need labels", "[convert]") {
  Classifiers classifiers;
  classifiers.options.labels.clear();
  CHECK_FALSE(Evaluate(classifiers.options).reference_accuracy);
  classifiers.options.gates.max_drop = 1;
  CHECK_THAT(ErrorOf([&] { Evaluate(classifiers.options); }),
             IsError(ErrorKind::kUsage, "--max-drop needs --labels"));
}

TEST_CASE("Labels that do not fit are an error whatever is judged", "[convert]") {
  Classifiers classifiers;
  EvaluateOptions& options = classifiers.options;
  options.gates.min_sqnr = 0;
  options.labels = classifiers.folder.Write("labels.txt", Repeated("1\n2\n3\n4\n5\n6\n7\n8\n"));
  const Error off_by_one = ErrorOf([&] { Evaluate(options); });
  CHECK_THAT(off_by_one, IsError(ErrorKind::kUnusable, "labels.txt'"));
  CHECK_THAT(off_by_one, IsError(ErrorKind::kUnusable, "the labels fit if 1 is subtracted"));
  options.gates.min_sqnr.reset();
  options.labels = classifiers.folder.Write("labels.txt", Repeated("5\n5\n5\n0\n0\n0\n0\n0\n"));
  CHECK_THAT(ErrorOf([&] { Evaluate(options); }),
             IsError(ErrorKind::kUnusable, "no better than guessing among 10 classes"));
}

TEST_CASE("Gates that cannot be are refused before anything is read", "[convert]") {
  EvaluateOptions options;
  options.reference = options.candidate = "nowhere.onnx";
  options.gates.min_agreement = 101;
  CHECK_THAT(ErrorOf([&] { Evaluate(options); }),
             IsError(ErrorKind::kUsage, "--min-agreement 101 cannot be"));
}

/// A network of one output value, and one that halves it below zero.
struct Regression {
  ScratchFolder folder;
  EvaluateOptions options;

  Regression() {
    GraphBuilder reference, candidate;
    reference.Output(reference.Emit(LeakyRelu{1}, {reference.Input("x", {1, 1})}, "age"));
    candidate.Output(candidate.Emit(LeakyRelu{0.5F}, {candidate.Input("x", {1, 1})}, "age"));
    WriteModel(folder, "reference.tflite", reference.Build());
    WriteModel(folder, "candidate.tflite", candidate.Build());
    options.reference = folder / "reference.tflite";
    options.candidate = folder / "candidate.tflite";
    options.data.paths = {folder.Write("x.npy", Npy("(64, 1)", Values()))};
    options.quiet = true;
  }

  static std::vector<float> Values() {
    std::vector<float> values;
    for (int i = 0; i < 16; ++i) values.insert(values.end(), {-2, 0, 1, 3});
    return values;
  }
};

TEST_CASE("A single value is judged by SQNR and correlation", "[convert]") {
  Regression regression;
  EvaluateOptions& options = regression.options;
  options.gates.min_sqnr = 9;
  options.gates.min_correlation = 0.97;
  const EvaluateSummary summary = Evaluate(options);
  CHECK_FALSE(summary.agreement_percent);
  CHECK(*summary.outputs[0].correlation == Approx(10.5 / std::sqrt(13 * 8.75)));
  CHECK(summary.outputs[0].sqnr_db == Approx(10 * std::log10(14)));
  CHECK(summary.gates.size() == 3);
  CHECK(summary.exit_code() == 0);  // 11.46 dB and 0.9845
}

TEST_CASE("A single value has no labels and no agreement", "[convert]") {
  Regression regression;
  EvaluateOptions& options = regression.options;
  SECTION("labels") { options.labels = regression.folder.Write("l.txt", "0\n0\n0\n0\n"); }
  SECTION("agreement") { options.gates.min_agreement = 90; }
  CHECK_THAT(ErrorOf([&] { Evaluate(options); }),
             IsError(ErrorKind::kUsage, "output 'age' is a single value"));
}

/// A reference of ONNX's layout and a candidate that some other tool wrote channels last.
struct Layouts {
  ScratchFolder folder;
  EvaluateOptions options;

  explicit Layouts(const Shape& nchw) {
    const Shape nhwc = {nchw[0], nchw[2], nchw[3], nchw[1]};
    WriteModel(folder, "reference.tflite", Network(nchw, 1));
    WriteModel(folder, "candidate.tflite", Network(nhwc, 3));
    options.reference = folder / "reference.tflite";
    options.candidate = folder / "candidate.tflite";
    const std::string shape = "(1, " + std::to_string(nchw[1]) + ", " + std::to_string(nchw[2]) +
                              ", " + std::to_string(nchw[3]) + ")";
    const auto count = static_cast<size_t>(NumElements(nchw));
    options.data.paths = {folder.Write("x.npy", Npy(shape, RandomFloats(count, 1)))};
    options.quiet = true;
  }

  /// Multiplies by a number of each channel.
  static Graph Network(const Shape& shape, int channel_axis) {
    const int64_t channels = shape[static_cast<size_t>(channel_axis)];
    std::vector<float> scale;
    for (int64_t c = 0; c < channels; ++c) scale.push_back(static_cast<float>(1 + c));
    GraphBuilder b;
    const Shape wide = channel_axis == 1 ? Shape{channels, 1, 1} : Shape{channels};
    const TensorId s = b.Constant<float>("s", wide, scale);
    return b.Output(b.Emit(Mul{}, {b.Input("x", shape), s}, "y")).Build();
  }
};

TEST_CASE("A layout is recognised by its shape", "[convert]") {
  const Layouts layouts({1, 3, 4, 5});
  CHECK(Evaluate(layouts.options).outputs[0].largest_error == 0);
}

TEST_CASE("A layout that shapes leave open is asked for", "[convert]") {
  Layouts layouts({1, 3, 3, 3});
  CHECK_THAT(ErrorOf([&] { Evaluate(layouts.options); }),
             IsError(ErrorKind::kUsage, "could be NCHW or NHWC"));
  layouts.options.candidate_layout = EvaluateOptions::Layout::kNhwc;
  CHECK(Evaluate(layouts.options).outputs[0].largest_error == 0);
  layouts.options.candidate_layout = EvaluateOptions::Layout::kNchw;
  CHECK(Evaluate(layouts.options).outputs[0].largest_error > 0);
}

}  // namespace
}  // namespace qconvert
