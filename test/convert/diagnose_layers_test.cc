// The doctor of qeval: which layer it blames, and whether what it says of the cure comes true.
#include <catch2/catch.hpp>

#include "lib/qconvert.h"
#include "lib/tflite/writer.h"
#include "test/support/graph_builder.h"
#include "test/support/random.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

constexpr size_t kSamples = 40, kValues = 32;
const QuantParams kTanh = PerLayer(1.0F / 128, 0);

/// x -> Mul by 1.7 -> a -> Tanh -> b -> Mul by 1.2 -> c -> Tanh -> d
///   scale_a, scale_c  what the Tanhs read their operands with, as integers; 0: in float
Graph Chain(float scale_a, float scale_c) {
  GraphBuilder g;
  const auto tanh = [&](TensorId x, float scale, const std::string& name) {
    if (scale == 0) return g.Emit(Tanh{}, {x}, name);
    const TensorId q =
        g.Emit(Quantize{}, {x}, name + "/operand", ElementType::kInt8, PerLayer(scale, 0));
    const TensorId t = g.Emit(Tanh{}, {q}, name + "/int8", ElementType::kInt8, kTanh);
    return g.Emit(Dequantize{}, {t}, name);
  };
  const TensorId x = g.Input("x", {1, static_cast<int64_t>(kValues)});
  const TensorId a = g.Emit(Mul{}, {x, g.Scalar(1.7F)}, "a");
  const TensorId b = tanh(a, scale_a, "b");
  const TensorId c = g.Emit(Mul{}, {b, g.Scalar(1.2F)}, "c");
  return g.Output(tanh(c, scale_c, "d")).Build();
}

EvaluateOptions OptionsFor(const ScratchFolder& folder, const Graph& candidate) {
  const auto write = [&](const std::string& name, const Graph& graph) {
    const SharedBytes file = WriteTflite(graph);
    return folder.Write(name, {reinterpret_cast<const char*>(file->data()), file->size()});
  };
  EvaluateOptions options;
  options.reference = write("reference.tflite", Chain(0, 0));
  options.candidate = write("candidate.tflite", candidate);
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (40, 32), }";
  header.resize(117, ' ');
  const std::vector<float> values = RandomFloats(kSamples * kValues, 1, -1, 1);
  options.data.paths = {folder.Write(
      "x.npy", std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n" +
                   std::string(reinterpret_cast<const char*>(values.data()), 4 * values.size()))};
  options.layers = options.diagnose = options.quiet = true;
  return options;
}

const LayerSummary& LayerNamed(const EvaluateSummary& summary, const std::string& node) {
  for (const LayerSummary& layer : summary.layers) {
    if (layer.node == node) return layer;
  }
  FAIL("no layer " + node);
  return summary.layers.front();
}

TEST_CASE("The doctor blames the layer whose range is too coarse", "[convert]") {
  const ScratchFolder folder;
  const EvaluateSummary summary = Evaluate(OptionsFor(folder, Chain(0.5F, 1.0F / 64)));
  REQUIRE(summary.doctor);
  const DoctorSummary& doctor = *summary.doctor;
  CHECK(doctor.why_not.empty());
  CHECK(doctor.samples == 16);
  REQUIRE(doctor.damage);
  CHECK(doctor.damage->node == "b");
  const LayerSummary &b = LayerNamed(summary, "b"), &d = LayerNamed(summary, "d");
  REQUIRE(b.alone_db);
  REQUIRE(d.alone_db);
  CHECK(*b.alone_db < 20);
  CHECK(*d.alone_db > 30);
  // Restored, what is left is the noise of the other layer.
  CHECK(*b.gain_db == Approx(*d.alone_db - *b.alone_db).margin(1));
  CHECK(*d.gain_db < 0.5);
}

TEST_CASE("The line that the doctor gives comes true", "[convert]") {
  const ScratchFolder folder;
  const DoctorSummary doctor = *Evaluate(OptionsFor(folder, Chain(0.5F, 1.0F / 64))).doctor;
  REQUIRE(doctor.next);
  CHECK(doctor.next->flag == "--exclude '^(b)$'");
  CHECK(doctor.next->cures);
  CHECK(doctor.next->nearness.samples == kSamples);
  const EvaluateSummary cured = Evaluate(OptionsFor(folder, Chain(0, 1.0F / 64)));
  CHECK(doctor.next->nearness.sqnr_db == Approx(cured.outputs[0].sqnr_db));
}

TEST_CASE("The doctor blames no layer of an exact file", "[convert]") {
  const ScratchFolder folder;
  const DoctorSummary doctor = *Evaluate(OptionsFor(folder, Chain(0, 0))).doctor;
  CHECK_FALSE(doctor.damage);
  CHECK_FALSE(doctor.next);
}

TEST_CASE("Layers of an equalized file are not exchanged", "[convert]") {
  const ScratchFolder folder;
  Graph candidate = Chain(0.5F, 0);
  candidate.metadata["equalization"] = "1 of 1 chains kept";
  const DoctorSummary doctor = *Evaluate(OptionsFor(folder, candidate)).doctor;
  CHECK(doctor.why_not.find("equalized") != std::string::npos);
  CHECK(doctor.trials == 0);
}

}  // namespace
}  // namespace qconvert
