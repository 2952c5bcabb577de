// The committed networks on Debian's Fashion-MNIST, all 10,000 test images.
#include <filesystem>
#include <string>

#include <catch2/catch.hpp>
#include <spdlog/fmt/fmt.h>

#include "lib/qconvert.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

const std::string kData = "/usr/share/datasets/fashion-mnist";
#ifdef QCONVERT_SMALL
constexpr size_t kImages = 500;  // what the instrumented loops manage in seconds
#else
constexpr size_t kImages = 10000;
#endif
// Two standard deviations of a difference in top-1 when a hundredth of 10,000 answers change.
constexpr double kMaxDropPoints = 0.2;

DataOptions Images(const std::string& stem, size_t samples) {
  DataOptions data;
  data.paths = {kData + "/" + stem + "-images-idx3-ubyte.gz"};
  data.samples = samples;
  data.preprocessing = PictureOptions{.mean = {0.2860F}, .std = {0.3530F}};
  return data;
}

EvaluateSummary JudgeInteger(const std::string& network, const std::string& file) {
  const std::string model = QCONVERT_TESTDATA "/fashion_mnist/" + network + ".onnx";
  ConvertOptions convert;
  convert.model = model;
  convert.output = file;
  convert.data = Images("train", 100);
  convert.quiet = true;
  Convert(convert);
  EvaluateOptions evaluate;
  evaluate.reference = model;
  evaluate.candidate = file;
  evaluate.data = Images("t10k", kImages);
  evaluate.labels = kData + "/t10k-labels-idx1-ubyte.gz";
  evaluate.quiet = true;
  return Evaluate(evaluate);
}

TEST_CASE("Trained networks keep their accuracy on every test image", "[convert][slow]") {
  if (!std::filesystem::exists(kData)) {
    WARN("no " << kData << ": install Debian's dataset-fashion-mnist (scripts/setup test)");
    return;
  }
  const ScratchFolder folder;
  for (const std::string network : {"mobilenet", "mobilenet_bn", "resnet", "resnet_bn"}) {
    INFO(network);
    const EvaluateSummary summary = JudgeInteger(network, folder / "network.tflite");
    REQUIRE(summary.samples == kImages);
    const double before = summary.reference_accuracy->top1_percent;
    const double after = summary.candidate_accuracy->top1_percent;
    fmt::print("{:13} top-1 {:.2f} -> {:.2f} %, agreement {:.2f} %, {:.1f} dB\n", network, before,
               after, *summary.agreement_percent, summary.outputs.at(0).sqnr_db);
    CHECK(before > 88);
    CHECK(before - after <= kMaxDropPoints * (kImages == 10000 ? 1 : 10));
    CHECK(*summary.agreement_percent >= 98);
  }
}

}  // namespace
}  // namespace qconvert
