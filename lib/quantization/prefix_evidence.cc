#include "lib/quantization/prefix_evidence.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "lib/calibration/layer_patches.h"
#include "lib/calibration/moments.h"
#include "lib/kernels/layer_params.h"
#include "lib/math/quantize.h"
#include "lib/ops/op.h"
#include "lib/passes/gates.h"

namespace qconvert {
namespace {

constexpr size_t kMostPatches = 4096;  // of one layer, over all samples

/// Adds the statistic of one more sample.
template <typename S>
void Fold(std::unique_ptr<Statistic> next, std::unique_ptr<S>& all) {
  if (all) {
    all->Append(std::move(*next));
  } else {
    all.reset(&As<S>(*next.release()));
  }
}

/// Appends the patch at one position to the patches of each group.
void AppendPatch(const LayerPatches& layer, std::span<const float> input, size_t position,
                 std::vector<std::vector<float>>& groups) {
  std::vector<float> patch(layer.groups() * layer.rows());
  layer.Copy(input, position, patch);
  groups.resize(layer.groups());
  for (size_t g = 0; g < groups.size(); ++g) {
    const auto rows = std::span(patch).subspan(g * layer.rows(), layer.rows());
    groups[g].insert(groups[g].end(), rows.begin(), rows.end());
  }
}

template <typename T>
std::span<const T> ViewAs(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
}

}  // namespace

PrefixEvidence::PrefixEvidence(const Graph& network, std::span<const size_t> samples,
                               const SampleReader& read, ThreadPool& threads,
                               std::unique_ptr<Progress> progress, size_t gram_bytes)
    : network_(network),
      run_(
          network, samples.size(), [&](size_t i) { return read(samples[i]); }, threads),
      threads_(threads),
      progress_(std::move(progress)),
      gram_bytes_(gram_bytes) {
  for (const Gate& gate : FindGates(network)) gated_.insert(gate.operand);
}

void PrefixEvidence::Start(const Graph& quantized) {
  quantized_ = &quantized;
  run_.Start(quantized);
}

void PrefixEvidence::Made(const Graph& quantized, std::span<const Node* const> made,
                          std::span<const Likeness> likenesses) {
  run_.RunQuantized(quantized, made, likenesses);
}

void PrefixEvidence::Finished(const Node& node) {
  run_.RunFloat(node);
  progress_->Advance();
}

std::vector<float> PrefixEvidence::Quantized(const LayerInput& input, size_t sample) const {
  return run_.QuantizedValues(*quantized_, input.quantized, sample);
}

std::vector<float> PrefixEvidence::Real(const LayerInput& input, size_t sample) const {
  return run_.FloatValues(input.layer.input(0), sample);
}

void PrefixEvidence::ObserveMoments(const LayerInput& input) {
  std::unique_ptr<Moments> moments;
  const Subject subject{input.real.name, input.layer.input(0), nullptr};
  for (size_t i = 0; i < run_.samples(); ++i) {
    const std::vector<float> values = Quantized(input, i);
    Fold(Moments::kKind.observe(network_, subject, {i, values, {}}), moments);
  }
  moments_ = moments->moments();
}

void PrefixEvidence::ObserveGram(const LayerInput& input) {
  const LayerPatches layer(network_, input.layer);
  gram_ = {};  // frees those of the layer before
  gram_ = ZeroGram(layer, gram_bytes_);
  for (size_t i = 0; i < run_.samples(); ++i) {
    AddSample(layer, Quantized(input, i), Real(input, i), threads_, gram_);
  }
}

void PrefixEvidence::ObservePatches(const LayerInput& input) {
  const LayerPatches layer(network_, input.layer);
  patches_ = {layer.rows(), {}, {}};
  const size_t wanted = std::max<size_t>(1, kMostPatches / run_.samples());
  const size_t stride = std::max<size_t>(1, layer.positions() / wanted);
  for (size_t i = 0; i < run_.samples(); ++i) {
    const std::vector<float> quantized = Quantized(input, i), real = Real(input, i);
    for (size_t position = 0; position < layer.positions(); position += stride) {
      AppendPatch(layer, quantized, position, patches_.own);
      AppendPatch(layer, real, position, patches_.real);
    }
  }
}

LayerEvidence PrefixEvidence::Observe(const LayerInput& input, EvidenceNeeds needs) {
  LayerEvidence evidence;
  if (input.real.is_constant() || input.real.elements() == 0) return evidence;
  if (needs.moments) {
    ObserveMoments(input);
    evidence.moments = &moments_;
  }
  if (needs.gram) {
    ObserveGram(input);
    evidence.gram = &gram_;
  }
  if (needs.patches) {
    ObservePatches(input);
    evidence.patches = &patches_;
  }
  return evidence;
}

std::optional<ResultErrors> PrefixEvidence::Compare(const LayerInput& input,
                                                    const Graph& candidate) {
  const Tensor& result = candidate.tensor(candidate.outputs.at(0));
  if (input.real.is_constant() || result.elements() == 0) return std::nullopt;
  const bool wide = result.type == ElementType::kInt16;
  if (!wide && result.type != ElementType::kInt8) return std::nullopt;
  const AffineParams params{result.quant->scale(), result.quant->zero_point()};
  const IntegerLimits limits =
      ResultLimits(FusedActivation(input.layer.op), params, wide ? kInt16Limits : kInt8Limits);
  // What lies below the range of a gate's operand gives the same result: it is no error.
  const bool gated = gated_.count(input.layer.output()) != 0;
  const float lowest = gated ? DequantizeValue(limits.min, params) : -HUGE_VALF;
  ResultErrors errors(run_.samples(), static_cast<size_t>(result.shape.back()));
  run_.Try(
      input.layer, candidate, input.quantized,
      [&](size_t sample, std::span<const std::byte> real, std::span<const std::byte> quantized) {
        const auto given = ViewAs<float>(real);
        std::vector<float> values(given.begin(), given.end());
        for (float& value : values) value = std::max(value, lowest);
        if (wide) {
          errors.Measure(sample, values, ViewAs<int16_t>(quantized), params, limits);
        } else {
          errors.Measure(sample, values, ViewAs<int8_t>(quantized), params, limits);
        }
      });
  return errors;
}

}  // namespace qconvert
