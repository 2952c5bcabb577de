#include "lib/quantization/wide_softmaxes.h"

#include <string>

#include "lib/calibration/rounded_rows.h"
#include "lib/ops/op.h"

namespace qconvert {
namespace {

constexpr double kMostError = 0.01;  // 20 dB
constexpr float kInt8Intervals = 255;

class Keeper {
 public:
  Keeper(const Graph& graph, const Evidence& evidence, const Ranges& ranges, PrecisionPlan& plan)
      : graph_(graph), evidence_(evidence), ranges_(ranges), plan_(plan) {}

  void Visit(const Node& softmax) {
    if (plan_.Find(softmax) != nullptr) return;
    const auto* rows = evidence_.Find<RoundedRows>(graph_.tensor(softmax.output()).name);
    if (rows == nullptr || rows->MeanError(RoundedRows::kFirstStep) <= kMostError) return;
    Keep(softmax, "its probabilities are too small for steps of 1/256");
    const auto& range = ranges_[static_cast<size_t>(softmax.output())];
    if (range && rows->MeanError(range->max / kInt8Intervals) <= kMostError) return;
    KeepProducts(softmax.output());
  }

 private:
  void Keep(const Node& node, const std::string& reason) {
    plan_.exceptions.try_emplace(node.name, PrecisionPlan::Exception{kFloatNode, reason});
  }

  /// Keeps the products that read a tensor, or what is moved of it.
  void KeepProducts(TensorId id) {
    for (const Node* reader : graph_.Consumers(id)) {
      if (reader->Is<BatchMatMul>()) {
        Keep(*reader, "it multiplies probabilities some of which are too small for 8 bits");
      } else if (OpOf(*reader).shares_bytes) {
        KeepProducts(reader->output());
      }
    }
  }

  const Graph& graph_;
  const Evidence& evidence_;
  const Ranges& ranges_;
  PrecisionPlan& plan_;
};

}  // namespace

void KeepWideSoftmaxesFloat(const Graph& graph, const Evidence& evidence, const Ranges& ranges,
                            PrecisionPlan& plan) {
  if (plan.otherwise.activations != ActivationPrecision::kInt8) return;
  Keeper keeper(graph, evidence, ranges, plan);
  for (const Node& node : graph.nodes()) {
    if (node.Is<Softmax>()) keeper.Visit(node);
  }
}

}  // namespace qconvert
