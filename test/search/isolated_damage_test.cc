#include "lib/search/isolated_damage.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <catch2/catch.hpp>

#include "lib/search/local_noise.h"
#include "test/support/graph_builder.h"

namespace qconvert {
namespace {

constexpr size_t kNodes = 50;

std::string NameOf(size_t i) { return "n" + std::to_string(i); }

/// A chain of nodes n0, n1, ... that are all quantized.
struct Chain {
  Chain() {
    GraphBuilder b;
    TensorId x = b.Input("x", {1, 4});
    for (size_t i = 0; i < kNodes; ++i) x = b.Emit(Tanh{}, {x}, NameOf(i));
    network = b.Output(x).Build();
    size_t i = 0;
    for (Node& node : network.nodes()) {
      node.name = NameOf(i++);
      plan.nodes[node.name].precision = {};
    }
  }

  Graph network;
  QuantizationPlan plan;
};

ErrorSums WithSqnr(double sqnr_db) {
  const std::vector<float> real(8, 1),
      quantized(8, 1 + static_cast<float>(std::pow(10, -sqnr_db / 20)));
  ErrorSums errors;
  errors.Add(real, quantized);
  return errors;
}

Comparison WithOutput(double sqnr_db) {
  Comparison comparison;
  comparison.samples = 8;
  comparison.outputs.emplace_back().errors = WithSqnr(sqnr_db);
  return comparison;
}

/// A network that is good only when all of some nodes are in float.
class Fragile {
 public:
  explicit Fragile(std::set<std::string> nodes) : nodes_(std::move(nodes)) {}

  IsolatedDamage Find(const Comparison& check, size_t most_trials = kMostTrials) {
    trials_ = 0;
    const auto restore = [this](const std::vector<std::string>& nodes) {
      ++trials_;
      const std::set<std::string> restored(nodes.begin(), nodes.end());
      const bool all =
          std::includes(restored.begin(), restored.end(), nodes_.begin(), nodes_.end());
      return WithOutput(all ? 40 : 5 + 0.01 * static_cast<double>(restored.size()));
    };
    const Chain chain;
    IsolatedDamage found =
        FindIsolatedDamage({chain.network, QuantizedNodes(chain.network, chain.plan),
                            AddedNoise(chain.network, check), check, limits_, most_trials},
                           restore);
    CHECK(trials_ == found.trials);
    CHECK(trials_ <= most_trials);
    return found;
  }

 private:
  const std::set<std::string> nodes_;
  const GateLimits limits_;
  size_t trials_ = 0;
};

/// A check that shows noise behind one node, as every node behind it does.
Comparison NoisyFrom(size_t node) {
  Comparison check = WithOutput(5);
  for (size_t i = 0; i < kNodes; ++i) {
    LayerFigures figures;
    figures.errors = WithSqnr(i < node ? 45 : 6);
    check.layers.push_back({NameOf(i), "Tanh", NameOf(i), figures, std::nullopt});
  }
  return check;
}

TEST_CASE("A fragile node is found wherever it is, whatever the check shows inside", "[search]") {
  for (size_t i = 0; i < kNodes; ++i) {
    INFO(i);
    const size_t misleading = (i + kNodes / 2) % kNodes;
    for (const Comparison& check : {WithOutput(5), NoisyFrom(misleading), NoisyFrom(i)}) {
      const IsolatedDamage found = Fragile({NameOf(i)}).Find(check);
      REQUIRE(found.layer);
      CHECK(found.layer->nodes == std::vector{NameOf(i)});
      REQUIRE(found.few);
      CHECK(found.few->nodes == std::vector{NameOf(i)});
      CHECK(found.few->cures);
      CHECK(found.few->gain_db == Approx(35).margin(0.1));
    }
  }
}

TEST_CASE("A node that shows its noise is found at once", "[search]") {
  CHECK(Fragile({"n20"}).Find(NoisyFrom(20)).trials == 1);
}

TEST_CASE("A fragile tensor takes both nodes that touch it", "[search]") {
  for (size_t i = 1; i < kNodes; ++i) {
    INFO(i);
    const IsolatedDamage found = Fragile({NameOf(i - 1), NameOf(i)}).Find(NoisyFrom(i));
    REQUIRE(found.few);
    CHECK(found.few->nodes == std::vector{NameOf(i - 1), NameOf(i)});
    CHECK(found.few->cures);
  }
}

TEST_CASE("Naming the layer takes few trials", "[search]") {
  const IsolatedDamage found = Fragile({"n20"}).Find(NoisyFrom(19), kTrialsToName);
  CHECK(found.trials <= kTrialsToName);
  REQUIRE(found.layer);
}

TEST_CASE("Damage that is everywhere is blamed on no few nodes", "[search]") {
  std::set<std::string> all;
  for (size_t i = 0; i < kNodes; ++i) all.insert(NameOf(i));
  const IsolatedDamage found = Fragile(all).Find(NoisyFrom(0));
  CHECK_FALSE(found.few);
  REQUIRE(found.layer);
  CHECK(found.layer->gain_db < 0.5);
}

}  // namespace
}  // namespace qconvert
