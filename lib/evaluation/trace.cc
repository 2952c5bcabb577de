#include "lib/evaluation/trace.h"

#include <algorithm>
#include <utility>

#include "lib/evaluation/pairing.h"
#include "lib/runner/for_each_sample.h"
#include "lib/runner/session.h"

namespace qconvert {
namespace {

constexpr size_t kKeptValues = 256;  // of a tensor and sample: some samples make thousands

Graph WithoutConstants(Graph graph) {
  for (TensorId id = 0; id < graph.tensor_count(); ++id) graph.tensor(id).constant.reset();
  return graph;
}

/// Returns `count` of `samples` samples.
std::vector<size_t> EvenlySpread(size_t samples, size_t count) {
  std::vector<size_t> chosen;
  for (size_t k = 0; k < count; ++k) chosen.push_back(k * samples / count);
  return chosen;
}

/// Returns values of a tensor that are spread evenly over it.
std::vector<float> EvenlySpread(const Tensor& tensor, std::span<const std::byte> bytes) {
  const size_t element_bytes = ElementBytes(tensor.type), count = bytes.size() / element_bytes;
  const size_t stride = count / kKeptValues | 1;  // odd: it meets all of 2^n channels
  std::vector<std::byte> kept;
  for (size_t i = 0; i < count; i += stride) {
    const auto element = bytes.subspan(i * element_bytes, element_bytes);
    kept.insert(kept.end(), element.begin(), element.end());
  }
  return RealValues(tensor, kept);
}

/// Runs the candidate on traced samples.
class TraceComparer {
 public:
  TraceComparer(const Trace& reference, const RunnableModel& candidate, const SampleReader& read)
      : candidate_(candidate),
        read_(read),
        inputs_(PairPorts(reference.inputs(), candidate.inputs, "input")),
        outputs_(PairPorts(reference.outputs(), candidate.outputs, "output")),
        layers_(PairLayers(reference.graph(), candidate.compiled.graph())) {
    std::erase_if(layers_, [&](const LayerPair& pair) {
      return !reference.graph().tensor(pair.reference).is_float();
    });
    for (size_t k = 0; k < layers_.size(); ++k) layer_of_[layers_[k].candidate] = k;
  }

  const std::vector<LayerPair>& layers() const { return layers_; }
  std::vector<std::optional<OutputRange>> ranges() const { return RangesOf(candidate_, outputs_); }

  SampleResult RunSample(size_t sample, const SampleTrace& expected, Session& session) const {
    const Graph& graph = candidate_.compiled.graph();
    const auto values = read_(sample);
    for (size_t k = 0; k < inputs_.size(); ++k) {
      const size_t input = inputs_[k];
      WriteInput(graph, candidate_.inputs[input], values.at(k), session.Input(input));
    }
    SampleResult result{expected.outputs, {}, std::vector<LayerFigures>(layers_.size())};
    session.Run([&](TensorId id, std::span<const std::byte> bytes) {
      const auto found = layer_of_.find(id);
      if (found == layer_of_.end()) return;
      const LayerPair& pair = layers_[found->second];
      AddLayer(pair, expected.layers.at(pair.reference), EvenlySpread(graph.tensor(id), bytes),
               result.layers[found->second]);
    });
    for (size_t output : outputs_) {
      result.candidate.push_back(
          ReadOutput(graph, candidate_.outputs[output], session.Output(output)));
    }
    return result;
  }

 private:
  const RunnableModel& candidate_;
  const SampleReader& read_;
  std::vector<size_t> inputs_, outputs_;  // of the candidate, by the reference's index
  std::vector<LayerPair> layers_;
  std::map<TensorId, size_t> layer_of_;  // by the candidate's tensor
};

}  // namespace

Trace::Trace(const Graph& graph, size_t samples, size_t count)
    : Trace(graph, EvenlySpread(samples, std::min(samples, count))) {}

Trace::Trace(const Graph& graph, std::vector<size_t> samples)
    : graph_(WithoutConstants(graph)),
      inputs_(InputPorts(graph_)),
      outputs_(OutputPorts(graph_)),
      samples_(std::move(samples)) {
  SampleTrace trace{std::vector<std::vector<float>>(outputs_.size()), {}};
  for (size_t k = 0; k < outputs_.size(); ++k) {
    const Tensor& output = graph.tensor(outputs_[k].id);
    if (output.is_constant()) {
      trace.outputs[k] = ReadOutput(graph, outputs_[k], output.constant->bytes);
    }
  }
  traces_.resize(samples_.size(), trace);
}

void Trace::Add(size_t sample, TensorId id, std::span<const std::byte> bytes) {
  const auto found = std::lower_bound(samples_.begin(), samples_.end(), sample);
  if (found == samples_.end() || *found != sample) return;
  SampleTrace& trace = traces_[static_cast<size_t>(found - samples_.begin())];
  const Tensor& tensor = graph_.tensor(id);
  if (tensor.is_float()) trace.layers[id] = EvenlySpread(tensor, bytes);
  for (size_t k = 0; k < outputs_.size(); ++k) {
    if (outputs_[k].id == id) trace.outputs[k] = ReadOutput(graph_, outputs_[k], bytes);
  }
}

void TraceSamples(FloatNetwork& network, const SampleReader& read, ThreadPool& threads,
                  Progress& progress, Trace& trace) {
  const std::vector<size_t>& samples = trace.samples();
  const auto add = [&](size_t k, TensorId id, std::span<const std::byte> bytes) {
    trace.Add(samples[k], id, bytes);
  };
  const NetworkFeed feed = FeedFrom([&](size_t k) { return read(samples[k]); });
  network.Run({0, samples.size()}, feed, {}, {threads, progress, FloatPrecision::kFloat32, add});
}

void TraceSamples(const RunnableModel& network, const SampleReader& read, ThreadPool& threads,
                  Progress& progress, Trace& trace) {
  const std::vector<size_t>& samples = trace.samples();
  ForEachSample(
      samples.size(), threads, progress, [&] { return Session(network.compiled); },
      [&](size_t k, Session& session) {
        const auto values = read(samples[k]);
        for (size_t i = 0; i < network.inputs.size(); ++i) {
          WriteInput(network.compiled.graph(), network.inputs[i], values.at(i), session.Input(i));
        }
        session.Run([&](TensorId id, std::span<const std::byte> bytes) {
          trace.Add(samples[k], id, bytes);
        });
      });
}

Comparison CompareWithTrace(const Trace& reference, const RunnableModel& candidate,
                            const SampleReader& read, ThreadPool& threads, Progress& progress,
                            const std::vector<int>* labels) {
  const TraceComparer comparer(reference, candidate, read);
  ComparisonRecorder recorder(reference.graph(), reference.outputs(), comparer.ranges(),
                              comparer.layers());
  ForEachSample(
      reference.samples().size(), threads, progress, [&] { return Session(candidate.compiled); },
      [&](size_t k, Session& session) {
        return comparer.RunSample(reference.samples()[k], reference.sample(k), session);
      },
      [&](size_t k, const SampleResult& got) {
        recorder.Add(got, labels == nullptr ? std::nullopt : std::optional(labels->at(k)));
      });
  return recorder.Finish();
}

}  // namespace qconvert
