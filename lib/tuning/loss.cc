#include "lib/tuning/loss.h"

#include <algorithm>
#include <cmath>

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/evaluation/comparison.h"

namespace qconvert {
namespace {

/// Returns the logarithms of softmax(values / temperature).
std::vector<double> LogProbabilities(std::span<const float> values, double temperature) {
  std::vector<double> logs(values.size());
  const double most = double{*std::max_element(values.begin(), values.end())};
  double sum = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    logs[i] = (double{values[i]} - most) / temperature;
    sum += std::exp(logs[i]);
  }
  for (double& log : logs) log -= std::log(sum);
  return logs;
}

double AddCrossEntropy(double share, std::span<const float> student, int label,
                       std::span<float> gradients) {
  const std::vector<double> logs = LogProbabilities(student, 1);
  const auto wanted = static_cast<size_t>(label);
  for (size_t i = 0; i < gradients.size(); ++i) {
    gradients[i] += static_cast<float>(share * (std::exp(logs[i]) - (i == wanted ? 1 : 0)));
  }
  return -share * logs[wanted];
}

double AddDistillation(double share, double temperature, std::span<const float> teacher,
                       std::span<const float> student, std::span<float> gradients) {
  const std::vector<double> wanted = LogProbabilities(teacher, temperature);
  const std::vector<double> logs = LogProbabilities(student, temperature);
  double divergence = 0;
  for (size_t i = 0; i < logs.size(); ++i) {
    divergence += std::exp(wanted[i]) * (wanted[i] - logs[i]);
    if (gradients.empty()) continue;
    gradients[i] +=
        static_cast<float>(share * temperature * (std::exp(logs[i]) - std::exp(wanted[i])));
  }
  return share * temperature * temperature * divergence;
}

bool MovesValues(const Node& node) {
  return node.Is<Reshape>() || node.Is<Dequantize>() || node.Is<Quantize>() || node.Is<Transpose>();
}

/// Returns the softmax that an output is a copy of; null when it is none.
const Node* SoftmaxBehind(const Graph& graph, TensorId output) {
  const Node* node = graph.Producer(output);
  while (node != nullptr && MovesValues(*node)) node = graph.Producer(node->input(0));
  const bool found = node != nullptr && (node->Is<Softmax>() || node->Is<LogSoftmax>());
  return found ? node : nullptr;
}

/// Returns what a loss of scores reads of an output: what a last softmax reads, else the output.
TensorId ScoresOf(const Graph& graph, TensorId output) {
  const Node* softmax = SoftmaxBehind(graph, output);
  return softmax == nullptr ? output : softmax->input(0);
}

std::vector<TensorId> FloatOutputs(const Graph& graph) {
  std::vector<TensorId> outputs;
  for (TensorId id : graph.outputs) {
    if (graph.tensor(id).is_float()) outputs.push_back(id);
  }
  return outputs;
}

/// Requires that the teacher's values can stand beside a network's own.
void RequireAlike(const Tensor& own, const Tensor& teacher, bool scores) {
  if (scores && own.elements() != teacher.elements()) {
    Fail(ErrorKind::kUnusable,
         fmt::format("output '{}' has {} classes, the model's '{}' {}", teacher.name,
                     teacher.elements(), own.name, own.elements()));
  }
  if (!scores && own.shape != teacher.shape) {
    Fail(ErrorKind::kUnusable, fmt::format("output '{}' is {}, the model's '{}' {}", teacher.name,
                                           ToText(teacher.shape), own.name, ToText(own.shape)));
  }
}

}  // namespace

std::vector<LossTensor> FindLossTensors(const Graph& real, const Graph& quantized, bool scores) {
  std::vector<LossTensor> losses;
  for (size_t k = 0; k < real.outputs.size(); ++k) {
    const TensorId output = real.outputs[k];
    if (!real.tensor(output).is_float()) continue;
    const Node* softmax = scores ? SoftmaxBehind(real, output) : nullptr;
    if (softmax != nullptr && ClassesOf(real.tensor(softmax->input(0)).shape) > 0) {
      const Node* same = quantized.FindNode(softmax->name);
      losses.push_back({softmax->input(0), same->input(0), true});
    } else {
      const bool vector = ClassesOf(real.tensor(output).shape) > 0;
      losses.push_back({output, quantized.outputs[k], scores && vector});
    }
  }
  return losses;
}

void FollowOther(const Graph& real, const Graph& teacher, std::span<LossTensor> losses) {
  const std::vector<TensorId> own = FloatOutputs(real), outputs = FloatOutputs(teacher);
  if (outputs.size() != losses.size()) {
    Fail(ErrorKind::kUnusable,
         fmt::format("it has {} outputs of reals, the model {}", outputs.size(), losses.size()));
  }
  for (size_t k = 0; k < losses.size(); ++k) {
    LossTensor& loss = losses[k];
    loss.teacher = loss.scores ? ScoresOf(teacher, outputs[k]) : outputs[k];
    const TensorId beside = loss.scores ? ScoresOf(real, own[k]) : own[k];
    RequireAlike(real.tensor(beside), teacher.tensor(loss.teacher), loss.scores);
  }
}

double AddScoreLoss(const LossSettings& settings, std::span<const float> teacher,
                    std::span<const float> student, std::optional<int> label,
                    std::span<float> gradients) {
  const double distillation = label ? settings.distillation : 1;
  double loss = 0;
  if (distillation > 0) {
    loss += AddDistillation(distillation, settings.temperature, teacher, student, gradients);
  }
  if (distillation < 1) loss += AddCrossEntropy(1 - distillation, student, *label, gradients);
  return loss;
}

double AddValueLoss(double power, std::span<const float> teacher, std::span<const float> student,
                    std::span<float> gradients) {
  const auto count = static_cast<double>(student.size());
  const double scale = 1 / (std::max(power, 1e-30) * count);
  double loss = 0;
  for (size_t i = 0; i < student.size(); ++i) {
    const double error = double{student[i]} - double{teacher[i]};
    loss += scale * error * error;
    if (!gradients.empty()) gradients[i] += static_cast<float>(2 * scale * error);
  }
  return loss;
}

}  // namespace qconvert
