// What a conversion and a comparison say about the samples and labels that they are given.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "lib/calibration/calibrate.h"
#include "lib/calibration/extremes.h"
#include "lib/calibration/totals.h"
#include "lib/convert/input_values.h"
#include "lib/qconvert.h"
#include "test/support/errors.h"
#include "test/support/graph_builder.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

const std::string kData = QCONVERT_TESTDATA "/fashion_mnist";

/// Returns what is seen of samples of one input, all of the same length.
std::optional<InputValues> Seen(const std::vector<std::vector<float>>& samples) {
  GraphBuilder b;
  const auto length = samples.empty() ? 1 : static_cast<int64_t>(samples[0].size());
  const CompiledGraph compiled(b.Output(b.Emit(Neg{}, {b.Input("x", {length})})).Build());
  const std::vector<const StatisticKind*> kinds{&Extremes::kKind, &Totals::kKind};
  const auto feed = [&](size_t i, Session& session) {
    std::copy(samples[i].begin(), samples[i].end(),
              reinterpret_cast<float*>(session.Input(0).data()));
  };
  ThreadPool threads(1);
  Progress progress("", samples.size(), true);
  return InputValuesOf(compiled.graph(),
                       Calibrate(compiled, {0, samples.size()}, feed, kinds, threads, progress));
}

TEST_CASE("Samples that look like raw pixels are warned about, others are not", "[convert]") {
  CHECK(WarningOf(Seen({{0, 255}}).value()).has_value());
  CHECK(WarningOf(Seen({{0, 10}, {80, 90}}).value()).has_value());
  CHECK(WarningOf(Seen({{-128, 127}}).value()).has_value());
  CHECK_FALSE(WarningOf(Seen({{0, 1}, {-2.5F, 2.5F}}).value()).has_value());
  CHECK_FALSE(WarningOf(Seen({{500, 510}}).value()).has_value());
  CHECK_FALSE(Seen({}).has_value());
}

TEST_CASE("The range and the mean of all samples are seen", "[convert]") {
  const InputValues seen = Seen({{1, 2, 3}, {-4, 0, 1}}).value();
  CHECK(seen.min == -4);
  CHECK(seen.max == 3);
  CHECK(seen.mean == 0.5);
}

TEST_CASE("Samples that do not fit are refused by model and sample, and no file is left",
          "[convert]") {
  const ScratchFolder folder;
  ConvertOptions options;
  options.model = kData + "/mobilenet.onnx";
  options.output = folder / "x.tflite";
  const std::string bad = folder.Write("bad.png", "\x89PNG\r\n\x1a\n and no more");
  options.data.paths = {bad};
  options.quiet = true;
  const Error error = ErrorOf([&] { Convert(options); });
  CHECK_THAT(error, IsError(ErrorKind::kUnusable, "mobilenet.onnx: sample '" + bad + "': "));
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
