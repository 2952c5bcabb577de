#include "lib/tuning/saved_weights.h"

#include <cmath>

#include <catch2/catch.hpp>

#include "lib/network/load_onnx.h"
#include "lib/network/load_unfolded.h"
#include "lib/onnx/rewrite_constants.h"
#include "lib/passes/rewrite.h"
#include "lib/tuning/batch_norm.h"
#include "lib/tuning/loss.h"
#include "test/onnx/model_builder.h"
#include "test/quantization/quantized.h"
#include "test/support/random.h"
#include "test/support/run_reference.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

void AddNorm(ModelBuilder& model, const std::string& of, const std::string& to, float least_gamma) {
  model.Weights(to + ".gamma", {4}, RandomFloats(4, 21, least_gamma, 1.5F));
  model.Weights(to + ".beta", {4}, RandomFloats(4, 22));
  model.Weights(to + ".mean", {4}, RandomFloats(4, 23));
  model.Weights(to + ".variance", {4}, RandomFloats(4, 24, 0.5F, 2));
  model.Node("BatchNormalization",
             {of, to + ".gamma", to + ".beta", to + ".mean", to + ".variance"}, {to}, to);
}

/// Convolutions with and without a norm, one of them with a bias before it, a norm behind no layer,
/// and a product.
ModelBuilder Network() {
  ModelBuilder model;
  model.Input("x", {"1", "3", "6", "6"});
  model.Weights("w1", {4, 3, 3, 3}, RandomFloats(108, 1));
  model.Weights("b1", {4}, RandomFloats(4, 2));
  model.Node("Conv", {"x", "w1", "b1"}, {"c1"}, "conv1");
  AddNorm(model, "c1", "n1", 0.5F);
  model.Node("Relu", {"n1"}, {"r1"});
  AddNorm(model, "r1", "alone", 0.5F);
  model.Node("Relu", {"alone"}, {"r2"});
  model.Weights("w2", {4, 1, 3, 3}, RandomFloats(36, 3));
  model.Weights("b2", {4}, RandomFloats(4, 4));
  auto& group = *model.Node("Conv", {"r2", "w2", "b2"}, {"c2"}, "conv2").add_attribute();
  group.set_name("group");
  group.set_type(onnx::AttributeProto::INT);
  group.set_i(4);
  model.Node("Relu", {"c2"}, {"r3"});
  model.Node("Flatten", {"r3"}, {"f"}, "flatten");
  model.Weights("w3", {16, 5}, RandomFloats(80, 5));
  model.Weights("b3", {5}, RandomFloats(5, 6));
  model.Node("Gemm", {"f", "w3", "b3"}, {"y"}, "gemm");
  model.Output("y");
  return model;
}

/// A model as Tune sees it.
class Trained {
 public:
  Trained(const ModelBuilder& model, bool with_norms)
      : path_(folder_.Write("m.onnx", model.Bytes())), real(LoadOnnx(path_, {}, Layout::kNhwc)) {
    const Graph unfolded = LoadUnfolded(path_, {});
    const FoldedNorms found = FindFoldedNorms(unfolded, real);
    origins = FindConstantOrigins(path_, {}, unfolded, TrainableOperands(unfolded));
    const std::set<std::string> changeable = ConstantsOfOneReader(path_);
    std::erase_if(origins,
                  [&](const auto& origin) { return changeable.count(origin.second.tensor) == 0; });
    std::vector<FoldedNorm> norms;
    for (const FoldedNorm& norm : found.norms) {
      if (with_norms && IsSavable(norm, origins)) norms.push_back(norm);
    }
    const Graph quantized = MakeInteger(real).graph;
    const auto losses = FindLossTensors(real, quantized, true);
    graph.emplace(real, quantized, std::vector{losses[0].student}, RangeTraining::kLearned, norms);
    saved.emplace(real, unfolded, found.norms, origins, *graph);
  }

  /// Returns parameters as training may leave them, those that are not trained as they were.
  std::vector<float> Moved() const {
    std::vector<float> parameters = graph->initial();
    const std::vector<float> noise = RandomFloats(parameters.size(), 9, -0.2F, 0.2F);
    for (const Segment& segment : graph->segments()) {
      const bool runs =
          segment.kind == Segment::Kind::kMean || segment.kind == Segment::Kind::kVariance;
      if (!segment.trained && !runs) continue;
      for (size_t i = segment.offset; i < segment.offset + segment.count; ++i) {
        parameters[i] += noise[i];
      }
    }
    FoldNorms(*graph, parameters);
    return parameters;
  }

  /// Returns the float graph with the real weights and biases of parameters.
  Graph FloatGraph(std::span<const float> parameters) const {
    Graph tuned = real;
    for (const TrainedLayer& layer : graph->layers()) {
      Node& node = const_cast<Node&>(*tuned.FindNode(layer.node));
      const auto replace = [&](size_t operand, const Segment& segment, bool changed) {
        const auto values = segment.Of(parameters);
        if (changed) ReplaceFloats(tuned, node, operand, {values.begin(), values.end()});
      };
      const Segment& weights = graph->segments()[layer.weights_segment];
      const Segment& bias = graph->segments()[layer.bias_segment];
      replace(1, weights, layer.norm || weights.trained);
      if (layer.bias != kNoTensor) replace(2, bias, layer.norm || bias.trained);
    }
    return tuned;
  }

  Graph SavedGraph(std::span<const float> parameters) const {
    const std::string bytes = WithConstants(path_, saved->ValuesOf(*graph, parameters));
    return LoadOnnx(folder_.Write("saved.onnx", bytes), {}, Layout::kNhwc);
  }

 private:
  ScratchFolder folder_;
  std::string path_;

 public:
  Graph real;
  std::map<NodeOperand, ConstantOrigin> origins;
  std::optional<TrainedGraph> graph;
  std::optional<SavedWeights> saved;
};

/// Checks that an operand of a node is the same constant in two graphs, but for rounding.
void CheckNear(const Graph& ours, const Graph& wanted, const std::string& node, size_t operand) {
  const Tensor& one = ours.tensor(ours.FindNode(node)->input(operand));
  const Tensor& other = wanted.tensor(wanted.FindNode(node)->input(operand));
  const auto a = one.Values<float>(), b = other.Values<float>();
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) CHECK(a[i] == Approx(b[i]).margin(1e-5));
}

/// Checks that the model that is saved computes what the parameters say, and not what it computed.
void CheckSaved(const Trained& trained) {
  const std::vector<float> parameters = trained.Moved();
  const Graph saved = trained.SavedGraph(parameters);
  const Graph by_hand = trained.FloatGraph(parameters);
  for (const TrainedLayer& layer : trained.graph->layers()) {
    INFO(layer.node);
    CheckNear(saved, by_hand, layer.node, 1);
    CheckNear(saved, by_hand, layer.node, 2);
  }
  const std::vector<Tensor> inputs = RandomInputs(trained.real, 31);
  const std::vector<float> ours = RunFloat(saved, inputs);
  const std::vector<float> wanted = RunFloat(by_hand, inputs);
  const std::vector<float> before = RunFloat(trained.real, inputs);
  float moved = 0, largest = 1;
  for (size_t i = 0; i < ours.size(); ++i) largest = std::max(largest, std::abs(wanted[i]));
  for (size_t i = 0; i < ours.size(); ++i) {
    CHECK(ours[i] == Approx(wanted[i]).margin(1e-5 * double{largest}));
    moved = std::max(moved, std::abs(ours[i] - before[i]));
  }
  CHECK(moved > 0.01F * largest);
}

TEST_CASE("A saved model computes what was trained", "[tuning]") {
  const bool with_norms = GENERATE(true, false);
  INFO(with_norms);
  const Trained trained(Network(), with_norms);
  CHECK(trained.graph->NormedLayers().size() == (with_norms ? 2 : 0));
  CHECK(trained.saved->kept().empty());
  CheckSaved(trained);
}

TEST_CASE("A channel whose gamma is 0 gets one that its weights can be trained with", "[tuning]") {
  ModelBuilder model = Network();
  for (onnx::TensorProto& tensor : *model.graph().mutable_initializer()) {
    if (tensor.name() == "n1.gamma") tensor.set_float_data(2, 0);
  }
  CheckSaved(Trained(model, false));
  CheckSaved(Trained(model, true));
}

TEST_CASE("What a model cannot hold is not trained, and named", "[tuning]") {
  ModelBuilder model = Network();
  model.graph().mutable_node(5)->set_input(2, "n1.beta");  // conv2's bias; now two nodes read it
  REQUIRE(model.graph().node(5).name() == "conv2");
  model.Weights("two", {1}, {2});
  model.Node("Mul", {"y", "two"}, {"z"});  // folds into the product
  model.graph().mutable_output(0)->set_name("z");
  for (bool with_norms : {true, false}) {
    const Trained trained(model, with_norms);
    std::vector<std::string> kept{"the bias of conv2", "the weights of gemm", "the bias of gemm"};
    if (!with_norms) kept.insert(kept.begin(), "the bias of conv1");
    if (with_norms) kept.insert(kept.begin(), "the bias of conv1");  // its norm is folded
    CHECK(trained.saved->kept() == kept);
    CheckSaved(trained);
  }
}

}  // namespace
}  // namespace qconvert
