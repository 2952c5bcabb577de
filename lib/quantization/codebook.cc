#include "lib/quantization/codebook.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/base/error.h"
#include "lib/math/k_means.h"
#include "lib/quantization/codebook_size.h"
#include "lib/quantization/quantize_constant.h"

namespace qconvert {
namespace {

constexpr int kOffset = 8;  // of the smallest int4

/// Adds constants and nodes under names that begin with the weights'.
class Lookup {
 public:
  Lookup(TensorId original, const Tensor& weights, GrowingGraph& graph)
      : original_(original), weights_(weights), graph_(graph) {}

  TensorId Constant(Tensor constant) {
    constant.name = Name(constant.name);
    return graph_.Add(original_, std::move(constant));
  }
  TensorId Compute(Operator op, std::vector<TensorId> inputs, const std::string& name,
                   ElementType type) {
    const std::string full = Name(name);
    const TensorId id = graph_.Add(original_, {full, type, weights_.shape});
    graph_.Append(Node(full, std::move(op), std::move(inputs), {id}));
    return id;
  }

 private:
  std::string Name(const std::string& name) const {
    return graph_.graph().UniqueName(weights_.name + "/" + name);
  }

  TensorId original_;
  const Tensor& weights_;
  GrowingGraph& graph_;
};

/// Adds 4-bit indices and returns them as int32. LiteRT casts int4 to float32 only.
TensorId Add4BitIndices(const Codebook& codebook, const Shape& shape, Lookup& lookup) {
  std::vector<int8_t> shifted;
  shifted.reserve(codebook.indices.size());
  for (const uint8_t index : codebook.indices) {
    shifted.push_back(static_cast<int8_t>(index - kOffset));
  }
  Tensor indices = MakeConstantTensor("indices", shape, std::move(shifted));
  indices.type = ElementType::kInt4;
  const TensorId real =
      lookup.Compute(Cast{ElementType::kFloat32}, {lookup.Constant(std::move(indices))},
                     "index_numbers", ElementType::kFloat32);
  const TensorId offset =
      lookup.Constant(MakeConstantTensor<float>("index_offset", {}, {float{kOffset}}));
  const TensorId sum = lookup.Compute(Add{}, {real, offset}, "index_sums", ElementType::kFloat32);
  return lookup.Compute(Cast{ElementType::kInt32}, {sum}, "places", ElementType::kInt32);
}

TensorId Add8BitIndices(const Codebook& codebook, const Shape& shape, Lookup& lookup) {
  const TensorId indices = lookup.Constant(MakeConstantTensor("indices", shape, codebook.indices));
  return lookup.Compute(Cast{ElementType::kInt32}, {indices}, "places", ElementType::kInt32);
}

}  // namespace

double Codebook::Entropy() const {
  std::vector<double> counts(table.size());
  for (const uint8_t index : indices) ++counts[index];
  double bits = 0;
  for (const double count : counts) {
    const double share = count / static_cast<double>(indices.size());
    if (share > 0) bits -= share * std::log2(share);
  }
  return bits;
}

Codebook MakeCodebook(const Tensor& weights, int size) {
  return NamingConstant(weights, [&] {
    const auto values = weights.Values<float>();
    RangeOf(values);  // all are finite
    Codebook codebook{KMeans(values, static_cast<size_t>(size)), {}};
    codebook.indices.reserve(values.size());
    for (const float value : values) {
      codebook.indices.push_back(static_cast<uint8_t>(NearestCentre(codebook.table, value)));
    }
    return codebook;
  });
}

TensorId AddCodebook(TensorId original, const Tensor& weights, const Codebook& codebook, int size,
                     GrowingGraph& graph) {
  Lookup lookup(original, weights, graph);
  const TensorId places = size <= kMost4BitCodes ? Add4BitIndices(codebook, weights.shape, lookup)
                                                 : Add8BitIndices(codebook, weights.shape, lookup);
  const auto values = static_cast<int64_t>(codebook.table.size());
  const TensorId table =
      lookup.Constant(MakeConstantTensor<float>("codebook", {values}, codebook.table));
  return lookup.Compute(Gather{0}, {table, places}, "float", ElementType::kFloat32);
}

}  // namespace qconvert
