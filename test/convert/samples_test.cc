// What a conversion and a comparison say about the samples and labels that they are given.
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "lib/convert/input_watch.h"
#include "lib/qconvert.h"
#include "test/support/errors.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

const std::string kData = QCONVERT_TESTDATA "/fashion_mnist";

ConvertSummary Watched(const std::vector<std::vector<float>>& samples) {
  InputWatch watch;
  for (const auto& sample : samples) watch.Add(sample);
  ConvertSummary summary;
  watch.Report(summary);
  return summary;
}

TEST_CASE("Samples that look like raw pixels are warned about, others are not", "[convert]") {
  CHECK(Watched({{0, 255}}).warnings.size() == 1);
  CHECK(Watched({{0, 10}, {80, 90}}).warnings.size() == 1);
  CHECK(Watched({{-128, 127}}).warnings.size() == 1);
  CHECK(Watched({{0, 1}, {-2.5F, 2.5F}}).warnings.empty());
  CHECK(Watched({{500, 510}}).warnings.empty());
  CHECK(Watched({}).warnings.empty());
  CHECK(Watched({{}}).warnings.empty());
}

TEST_CASE("The summary shows the range and the mean of all samples", "[convert]") {
  const ConvertSummary summary = Watched({{1, 2, 3}, {-4}});
  CHECK(summary.input_min == -4);
  CHECK(summary.input_max == 3);
  CHECK(summary.input_mean == 0.5);
}

TEST_CASE("Samples that do not fit are refused by model and sample, and no file is left",
          "[convert]") {
  const ScratchFolder folder;
  ConvertOptions options;
  options.model = kData + "/mobilenet.onnx";
  options.output = folder / "x.tflite";
  options.data.paths = {folder.Write("bad.png", "\x89PNG\r\n\x1a\n and no more")};
  options.quiet = true;
  const Error error = ErrorOf([&] { Convert(options); });
  CHECK_THAT(error, IsError(ErrorKind::kUnusable, "mobilenet.onnx: sample 'bad.png': "));
  CHECK(folder.Names() == std::set<std::string>{"bad.png"});
}

TEST_CASE("A class that the network does not have is refused by sample", "[convert]") {
  const ScratchFolder folder;
  EvaluateOptions options;
  options.reference = options.candidate = kData + "/mobilenet.onnx";
  options.data.paths = {kData + "/images"};
  options.data.samples = 2;
  options.quiet = true;
  options.labels = folder.Write("labels.txt", "0\n11\n");
  CHECK_THAT(ErrorOf([&] { Evaluate(options); }),
             IsError(ErrorKind::kUnusable, "has class 11, the network's are 0 to 9"));
  options.labels = folder.Write("labels.txt", "1\n10\n");
  CHECK_THAT(ErrorOf([&] { Evaluate(options); }),
             IsError(ErrorKind::kUnusable, "subtract 1 from each label"));
}

}  // namespace
}  // namespace qconvert
