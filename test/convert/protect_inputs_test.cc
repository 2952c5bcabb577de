// The API refuses outputs that would overwrite inputs, before it writes anything.
#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "lib/qconvert.h"
#include "test/support/errors.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

namespace fs = std::filesystem;

const std::string kData = QCONVERT_TESTDATA "/fashion_mnist";

/// A folder with a model under two names.
struct ModelFolder {
  ModelFolder() {
    fs::copy(kData + "/mobilenet.onnx", model);
    fs::create_hard_link(model, folder / "hard.onnx");
  }
  ConvertOptions Conversion() const {
    ConvertOptions options;
    options.model = model;
    options.mode = ConvertOptions::Mode::kFloat;
    options.quiet = true;
    return options;
  }

  ScratchFolder folder;
  std::string model = folder / "model.onnx";
};

template <typename Body>
void RequireRefused(const ModelFolder& place, const std::string& says, Body body) {
  const std::set<std::string> names = place.folder.Names();
  CHECK_THAT(ErrorOf(body), IsError(ErrorKind::kUsage, says));
  CHECK(ReadBytes(place.model) == ReadBytes(kData + "/mobilenet.onnx"));
  CHECK(place.folder.Names() == names);
}

TEST_CASE("A conversion writes neither its file nor its dumps over the model", "[convert]") {
  const ModelFolder place;
  ConvertOptions options = place.Conversion();
  options.dump_passes = place.folder / "dumps";
  options.output = place.folder / "hard.onnx";
  RequireRefused(place, "is the model itself", [&] { Convert(options); });
  options.output = place.folder / "out.tflite";
  options.dump_passes = place.model;
  RequireRefused(place, "is the model itself", [&] { Convert(options); });
}

TEST_CASE("A C array is an output like the file", "[convert]") {
  const ModelFolder place;
  ConvertOptions options = place.Conversion();
  options.output = place.folder / "out.tflite";
  options.c_array = place.folder / "hard.onnx";
  RequireRefused(place, "is the model itself", [&] { Convert(options); });
  options.c_array = options.output;
  RequireRefused(place, "out.tflite", [&] { Convert(options); });
  options.c_array = place.folder / "out.h";
  const ConvertSummary summary = Convert(options);
  const std::string header = ReadBytes(options.c_array);
  CHECK(header.find("out_bytes = " + std::to_string(summary.output_bytes)) != std::string::npos);
}

TEST_CASE("What the caller will write is refused like the outputs", "[convert]") {
  const ModelFolder place;
  ConvertOptions convert = place.Conversion();
  convert.output = place.folder / "out.tflite";
  convert.reports = {"", place.folder / "hard.onnx"};
  RequireRefused(place, "hard.onnx' is the model itself", [&] { Convert(convert); });
  convert.reports = {place.folder / "./out.tflite"};
  RequireRefused(place, "are the same file", [&] { Convert(convert); });
  EvaluateOptions evaluate;
  evaluate.reference = kData + "/resnet.onnx";
  evaluate.candidate = place.model;
  evaluate.data.paths = {kData + "/images"};
  evaluate.reports = {place.folder / "hard.onnx"};
  RequireRefused(place, "is the candidate itself", [&] { Evaluate(evaluate); });
  BenchmarkOptions benchmark;
  benchmark.model = place.model;
  benchmark.reports = {place.folder / "hard.onnx"};
  RequireRefused(place, "is the model itself", [&] { Benchmark(benchmark); });
}

TEST_CASE("A report that cannot be written ends a run before the work", "[convert]") {
  const ModelFolder place;
  ConvertOptions options = place.Conversion();
  options.output = place.folder / "out.tflite";
  options.reports = {place.folder / "no/such/report"};
  CHECK_THAT(ErrorOf([&] { Convert(options); }),
             IsError(ErrorKind::kIo, "report': No such file or directory"));
  CHECK_FALSE(fs::exists(options.output));
}

}  // namespace
}  // namespace qconvert
