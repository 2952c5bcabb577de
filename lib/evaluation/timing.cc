#include "lib/evaluation/timing.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <memory>
#include <random>

#include "lib/base/interrupt.h"
#include "lib/evaluation/demands.h"
#include "lib/runner/session.h"

namespace qconvert {
namespace {

using Clock = std::chrono::steady_clock;

double MicrosecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

/// What is fed to the inputs, again and again, for a run may overwrite them.
class MadeUpInputs {
 public:
  /// Reals in [0, 1), any step of an integer grid; plain integers, which may be indices, stay 0.
  explicit MadeUpInputs(const Graph& graph) {
    std::mt19937 random(1);
    for (TensorId id : graph.inputs) {
      const Tensor& tensor = graph.tensor(id);
      std::vector<std::byte> bytes(tensor.bytes());
      if (tensor.type == ElementType::kFloat32) {
        for (size_t at = 0; at < bytes.size(); at += sizeof(float)) {
          const float value = static_cast<float>(random() >> 8) * 0x1p-24F;
          std::memcpy(&bytes[at], &value, sizeof(value));
        }
      } else if (tensor.quant) {
        for (std::byte& byte : bytes) byte = std::byte(random() >> 24);
      }
      values_.push_back(std::move(bytes));
    }
  }

  void Feed(Session& session) const {
    for (size_t i = 0; i < values_.size(); ++i) {
      std::copy(values_[i].begin(), values_[i].end(), session.Input(i).begin());
    }
  }

 private:
  std::vector<std::vector<std::byte>> values_;
};

/// Runs one inference on all threads, or many, each on one thread.
class Batch {
 public:
  Batch(const CompiledGraph& compiled, int size, ThreadPool& threads)
      : inputs_(compiled.graph()), size_(size), threads_(threads) {
    const int sessions = size == 1 ? 1 : threads.threads();
    for (int i = 0; i < sessions; ++i) {
      sessions_.push_back(std::make_unique<Session>(compiled, size == 1 ? &threads : nullptr));
    }
  }

  /// Returns the milliseconds that a run took.
  double Run() {
    if (size_ == 1) inputs_.Feed(*sessions_[0]);
    const Clock::time_point start = Clock::now();
    if (size_ == 1) {
      sessions_[0]->Run();
    } else {
      threads_.Run(size_, [&](int, int worker) {
        Session& session = *sessions_[static_cast<size_t>(worker)];
        inputs_.Feed(session);
        session.Run();
      });
    }
    return MicrosecondsSince(start) / 1e3;
  }

 private:
  MadeUpInputs inputs_;
  int size_;
  ThreadPool& threads_;
  std::vector<std::unique_ptr<Session>> sessions_;
};

/// Returns the bytes of operands and results, once each. Of what a node picks from, it reads what
/// it picks.
int64_t MovedBytes(const Graph& graph, const Node& node) {
  size_t read = 0, written = 0;
  for (TensorId id : node.outputs()) written += graph.tensor(id).bytes();
  const bool picks = node.Is<Gather>() || node.Is<StridedSlice>();
  for (size_t i = 0; i < node.inputs().size(); ++i) {
    const size_t bytes = node.has_input(i) ? graph.tensor(node.input(i)).bytes() : 0;
    read += picks && i == 0 ? std::min(bytes, written) : bytes;
  }
  return static_cast<int64_t>(read + written);
}

double Median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::vector<StepTime> TimeSteps(const CompiledGraph& compiled, int runs, ThreadPool& threads) {
  const Graph& graph = compiled.graph();
  const MadeUpInputs inputs(graph);
  Session session(compiled, &threads);
  std::vector<std::vector<double>> times(graph.nodes().size());
  for (int run = -1; run < runs; ++run) {
    ThrowIfInterrupted();
    inputs.Feed(session);
    session.Start();
    for (std::vector<double>& step : times) {
      const Clock::time_point start = Clock::now();
      session.Advance();
      if (run >= 0) step.push_back(MicrosecondsSince(start));
    }
  }
  std::vector<StepTime> steps;
  auto step = compiled.steps().begin();
  for (const Node& node : graph.nodes()) {
    const bool runs_kernel = step != compiled.steps().end() && step->node == &node;
    steps.push_back({&node, runs_kernel ? std::string(step->kernel->primitive()) : "",
                     Median(times[steps.size()]), MultiplyAdds(graph, node),
                     runs_kernel ? MovedBytes(graph, node) : 0});
    if (runs_kernel) ++step;
  }
  return steps;
}

}  // namespace

Timing TimeRuns(const CompiledGraph& compiled, const TimingOptions& options, ThreadPool& threads) {
  Timing timing;
  Batch batch(compiled, options.batch, threads);
  timing.warm_up_ms = batch.Run();
  for (int run = 0; run < options.runs; ++run) {
    ThrowIfInterrupted();
    timing.run_ms.push_back(batch.Run());
  }
  std::sort(timing.run_ms.begin(), timing.run_ms.end());
  if (options.steps) timing.steps = TimeSteps(compiled, options.runs, threads);
  return timing;
}

double Percentile(const std::vector<double>& ascending, double share) {
  const auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(ascending.size())));
  return ascending.at(std::max<size_t>(rank, 1) - 1);
}

}  // namespace qconvert
