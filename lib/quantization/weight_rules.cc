#include "lib/quantization/weight_rules.h"

#include <algorithm>
#include <limits>

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/ops/op.h"
#include "lib/quantization/model_quantization.h"

namespace qconvert {
namespace {

class WeightPlanner {
 public:
  WeightPlanner(const Graph& graph, const PlanOptions& options, QuantizationPlan& plan)
      : graph_(graph), options_(options), plan_(plan), smallest_(SmallestQuantized()) {}

  void Run() {
    for (const Node& node : graph_.nodes()) {
      const std::optional<size_t> operand = WeightOperand(graph_, node);
      const auto found = plan_.nodes.find(node.name);
      if (!operand || found == plan_.nodes.end()) continue;
      PlanNode(node, *operand, found->second);
      NoteRoundedAnew(node, graph_.tensor(node.input(*operand)), found->second);
    }
    if (rounded_anew_.empty()) return;
    plan_.warnings.push_back(
        fmt::format("weights of {} layers are rounded anew, since TFLite does not take the model's "
                    "integers (a zero point, or too many bits): {}",
                    rounded_anew_.size(), fmt::join(rounded_anew_, ", ")));
  }

 private:
  /// Notes a layer whose weights a quantized model stores in a way that the file does not.
  void NoteRoundedAnew(const Node& node, const Tensor& weights, const NodePlan& plan) {
    if (!plan.scheme || weights.constant->grid == nullptr) return;
    if (!OwnScalesOf(weights, *plan.scheme).keep_all()) rounded_anew_.push_back(node.name);
  }

  void PlanNode(const Node& node, size_t operand, NodePlan& plan) {
    if (plan.is_integer()) {
      PlanInteger(node, operand, plan);
    } else if (!AreInteger(plan.asked.activations)) {  // else it has no integer kernel
      PlanStored(node, operand, plan);
    }
  }

  void PlanInteger(const Node& node, size_t operand, NodePlan& plan) {
    PlanScheme(node, operand, plan);
    if (plan.scheme->asymmetric) RequireAsymmetric(node, plan);
  }

  /// Plans the weights of a node whose activations are floats in the file.
  void PlanStored(const Node& node, size_t operand, NodePlan& plan) {
    const int64_t elements = graph_.tensor(node.input(operand)).elements();
    if (plan.asked.weights == WeightPrecision::kCodebook) {
      PlanCodebook(static_cast<size_t>(elements), plan);
    } else if (!AreInteger(plan.asked.weights)) {
      plan.precision.weights = plan.asked.weights;
    } else if (elements < smallest_) {
      plan.reason = "its weights are so small that integers would save nothing";
    } else if (plan.asks_dynamic()) {
      PlanDynamic(node, operand, plan);
    } else {
      PlanScheme(node, operand, plan);
    }
  }

  void PlanCodebook(size_t elements, NodePlan& plan) {
    const size_t bytes = CodebookBytes(elements, options_.codebook_size);
    if (static_cast<int64_t>(elements) < smallest_ || bytes >= elements * sizeof(float)) {
      plan.reason = "its weights are so few that a codebook would save nothing";
    } else {
      plan.precision.weights = WeightPrecision::kCodebook;
    }
  }

  void PlanDynamic(const Node& node, size_t operand, NodePlan& plan) {
    if (OpOf(node).dynamic.in_xnnpack) {
      plan.precision.activations = ActivationPrecision::kDynamic;
    } else {
      plan.reason = "XNNPACK has no kernel that rounds its activations: its weights are widened";
    }
    PlanInteger(node, operand, plan);
  }

  void PlanScheme(const Node& node, size_t operand, NodePlan& plan) {
    WeightScheme scheme;
    scheme.axis = OpOf(node).quant.Operand(operand).index;
    scheme.per_channel = (options_.per_channel || plan.is_dynamic()) &&
                         graph_.tensor(node.input(operand)).rank() > 0;
    scheme.asymmetric = options_.asymmetric_weights;
    if (OpOf(node).asymmetric_layer_weights && scheme.asymmetric && plan.is_integer()) {
      scheme.per_channel = false;
    }
    plan.precision.weights = plan.asked.weights;
    if (plan.asked.weights == WeightPrecision::kInt4 && !OpOf(node).int4_weights) {
      plan.precision.weights = WeightPrecision::kInt8;
      plan.reason = "TFLite has no 4-bit kernel for it";
    }
    scheme.bits = plan.precision.weights == WeightPrecision::kInt4 ? 4 : 8;
    plan.scheme = scheme;
  }

  void RequireAsymmetric(const Node& node, NodePlan& plan) const {
    if (OpOf(node).asymmetric_layer_weights && !plan.scheme->per_channel) return;
    if (!options_.allow_extensions) {
      Fail(ErrorKind::kUsage,
           fmt::format("node '{}' ({}): TFLite's integer kernels refuse asymmetric weights; use "
                       "--scheme symmetric, --weights-only, or --allow-extensions for a file that "
                       "runs only here",
                       node.name, node.kind()));
    }
    plan.extension = true;
  }

  /// Small weights hurt most and save least: in nodes that compute with floats the smallest stay
  /// float as long as that adds no more than a twentieth to the file. Returns the number of
  /// elements from which on weights are quantized.
  int64_t SmallestQuantized() const {
    std::vector<int64_t> sizes;
    int64_t total = 0;
    for (const Node& node : graph_.nodes()) {
      const std::optional<size_t> operand = WeightOperand(graph_, node);
      if (!operand) continue;
      const int64_t size = graph_.tensor(node.input(*operand)).elements();
      total += size;
      const NodePlan* plan = plan_.Find(node);
      const bool is_float = plan == nullptr || !AreInteger(plan->asked.activations);
      if (is_float) sizes.push_back(size);
    }
    std::sort(sizes.begin(), sizes.end());
    int64_t extra_bytes = 0;
    for (int64_t size : sizes) {
      extra_bytes += 3 * size;
      if (20 * extra_bytes > total) return size;
    }
    return std::numeric_limits<int64_t>::max();
  }

  const Graph& graph_;
  const PlanOptions& options_;
  QuantizationPlan& plan_;
  const int64_t smallest_;
  std::vector<std::string> rounded_anew_;  // names of layers
};

}  // namespace

std::optional<size_t> WeightOperand(const Graph& graph, const Node& node) {
  for (size_t i = 0; i < node.inputs().size(); ++i) {
    if (OpOf(node).quant.Operand(i).kind != OperandRule::kWeight || !node.has_input(i)) continue;
    const Tensor& weights = graph.tensor(node.input(i));
    if (weights.is_constant() && weights.is_float()) return i;
  }
  return std::nullopt;
}

void PlanWeights(const Graph& graph, const PlanOptions& options, QuantizationPlan& plan) {
  WeightPlanner(graph, options, plan).Run();
}

}  // namespace qconvert
