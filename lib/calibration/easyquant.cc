// EasyQuant (Wu and others 2020, arXiv:2006.16669): the range of a layer's input and the scales of
// its weights are searched in turn, each for the greatest cosine of the layer's results in float
// and quantized. The scales of weights serve the search alone: the file's are a scale method's.
#include "lib/calibration/extremes.h"
#include "lib/calibration/patch_products.h"
#include "lib/calibration/range_method.h"

namespace qconvert {
namespace {

constexpr const StatisticKind* kReads[] = {&Extremes::kKind, &SampledPatches::kKind};
constexpr int kCandidates = 21;  // from a half of the extremes, or of max|w|, to all
constexpr int kMostRounds = 3;

float Factor(int candidate) {
  return 0.5F + 0.5F * static_cast<float>(candidate) / (kCandidates - 1);
}

Range Scaled(Range range, float factor) { return {range.min * factor, range.max * factor}; }

/// A layer that reads the tensor, with the factors of its weights' scales so far.
struct Reader {
  PatchProducts products;
  std::vector<float> factors;
};

/// Returns the factor of the range whose cosines sum up to most, the largest of equals.
float BestRange(Range seen, const std::vector<Reader>& readers) {
  float best = 1;
  double most = -1;
  for (int candidate = kCandidates; candidate-- > 0;) {
    double sum = 0;
    for (const Reader& reader : readers) {
      sum += reader.products.Cosine(Scaled(seen, Factor(candidate)), reader.factors);
    }
    if (sum > most) {
      most = sum;
      best = Factor(candidate);
    }
  }
  return best;
}

void SearchWeights(Range range, Reader& reader) {
  std::vector<double> most(reader.factors.size(), -1);
  for (int candidate = kCandidates; candidate-- > 0;) {
    const std::vector<double> cosines = reader.products.CosinesByChannel(range, Factor(candidate));
    for (size_t o = 0; o < most.size(); ++o) {
      if (cosines[o] <= most[o]) continue;
      most[o] = cosines[o];
      reader.factors[o] = Factor(candidate);
    }
  }
}

std::vector<Reader> ReadersOf(const Graph& graph, const Evidence& evidence, TensorId id) {
  std::vector<Reader> readers;
  for (const Node* node : graph.Consumers(id)) {
    const SampledPatches* patches = evidence.Find<SampledPatches>(node->name);
    if (patches == nullptr || patches->patches().empty() || node->input(0) != id) continue;
    if (!graph.tensor(node->input(1)).is_constant()) continue;
    PatchProducts products(graph, *node, patches->patches());
    std::vector<float> factors(products.outputs(), 1);
    readers.push_back({std::move(products), std::move(factors)});
  }
  return readers;
}

/// Searches the range of one tensor with the weights of all layers that read it.
Range Refine(const Graph& graph, const Evidence& evidence, TensorId id, Range seen) {
  std::vector<Reader> readers = ReadersOf(graph, evidence, id);
  if (readers.empty()) return seen;
  float factor = 1;
  for (int round = 0; round < kMostRounds; ++round) {
    const float next = BestRange(seen, readers);
    if (next == factor && round > 0) break;
    factor = next;
    for (Reader& reader : readers) SearchWeights(Scaled(seen, factor), reader);
  }
  return Scaled(seen, factor);
}

RangeChoice Choose(const TensorEvidence& tensor, const RangeOptions&) {
  return {RelaxToZero(tensor.Get<Extremes>().range())};
}

std::string Describe(const RangeOptions&) { return "EasyQuant"; }

}  // namespace

extern const RangeMethod kEasyQuant;
constinit const RangeMethod kEasyQuant{
    .name = "easyquant",
    .help =
        "searched in turn with the scales of weights for the greatest cosine of a layer's "
        "results (EasyQuant)",
    .reads = kReads,
    .choose = Choose,
    .keep = nullptr,
    .describe = Describe,
    .refine = Refine};

}  // namespace qconvert
