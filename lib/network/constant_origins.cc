#include "lib/network/constant_origins.h"

#include <bit>
#include <cstring>
#include <set>

#include "lib/base/error.h"
#include "lib/network/load_unfolded.h"

namespace qconvert {
namespace {

// A place has two digits, both whole numbers that a float holds: the element within a block, and
// the block among those of all tensors.
constexpr size_t kBlock = size_t{1} << 22, kMostBlocks = size_t{1} << 23;

/// The same for any order of the values: how many, and a sum of their bits, mixed by SplitMix64.
using Fingerprint = std::pair<size_t, uint64_t>;

Fingerprint FingerprintOf(std::span<const float> values) {
  uint64_t sum = 0;
  for (float value : values) {
    uint64_t mixed = std::bit_cast<uint32_t>(value) + 0x9E3779B97F4A7C15;
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB;
    sum += mixed ^ mixed >> 31;
  }
  return {values.size(), sum};
}

const Tensor* OperandOf(const Graph& graph, const NodeOperand& operand) {
  const Node* node = graph.FindNode(operand.first);
  if (node == nullptr || !node->has_input(operand.second)) return nullptr;
  const Tensor& tensor = graph.tensor(node->input(operand.second));
  return tensor.is_constant() && tensor.is_float() ? &tensor : nullptr;
}

/// A stored tensor that may be the origin of an operand.
struct Stored {
  size_t first_block = 0;
  Constant values;

  std::span<const float> floats() const {
    return {reinterpret_cast<const float*>(values.bytes.data()),
            values.bytes.size() / sizeof(float)};
  }
};

class Finder {
 public:
  Finder(const Graph& unfolded, const std::vector<NodeOperand>& wanted)
      : unfolded_(unfolded), wanted_(wanted) {
    for (const NodeOperand& operand : wanted) {
      const Tensor* tensor = OperandOf(unfolded, operand);
      if (tensor != nullptr) fingerprints_.insert(FingerprintOf(tensor->Values<float>()));
    }
  }

  std::map<NodeOperand, ConstantOrigin> Find(const std::string& path, ImportOptions import) {
    import.edit = [&](Tensor & tensor) { Remember(tensor);
  };
  const Graph low = LoadUnfolded(path, import);
  import.edit = [&](Tensor & tensor) { ReplaceByBlocks(tensor);
};
const Graph high = LoadUnfolded(path, import);
std::map<NodeOperand, ConstantOrigin> origins;
for (const NodeOperand& operand : wanted_) {
  auto origin = OriginOf(operand, low, high);
  if (origin) origins.emplace(operand, std::move(*origin));
}
return origins;
}  // namespace

private:
/// Remembers the values of a tensor that may be an origin, and puts the lower digits there.
void Remember(Tensor& tensor) {
  const auto values = tensor.Values<float>();
  const size_t blocks = values.size() / kBlock + 1;
  if (fingerprints_.count(FingerprintOf(values)) == 0) return;
  if (names_.size() + blocks > kMostBlocks || stored_.count(tensor.name) != 0) return;
  stored_[tensor.name] = {names_.size(), *tensor.constant};
  names_.insert(names_.end(), blocks, tensor.name);
  Replace(tensor, [](size_t element) { return element % kBlock; });
}

void ReplaceByBlocks(Tensor& tensor) const {
  const auto found = stored_.find(tensor.name);
  if (found == stored_.end()) return;
  const size_t first = found->second.first_block;
  Replace(tensor, [first](size_t element) { return first + element / kBlock; });
}

/// Zero is no digit: passes may look for it.
template <typename Digit>
static void Replace(Tensor& tensor, const Digit& digit) {
  std::vector<float> digits(static_cast<size_t>(tensor.elements()));
  for (size_t i = 0; i < digits.size(); ++i) digits[i] = static_cast<float>(digit(i) + 1);
  tensor.constant = MakeConstant(std::move(digits));
}

std::optional<ConstantOrigin> OriginOf(const NodeOperand& operand, const Graph& low,
                                       const Graph& high) const {
  const Tensor* values = OperandOf(unfolded_, operand);
  const Tensor *elements = OperandOf(low, operand), *blocks = OperandOf(high, operand);
  if (values == nullptr || elements == nullptr || blocks == nullptr) return std::nullopt;
  const bool alike = values->shape == elements->shape && values->shape == blocks->shape;
  if (!alike || values->elements() == 0) return std::nullopt;
  return Read(values->Values<float>(), elements->Values<float>(), blocks->Values<float>());
}

/// Reads the digits; nothing where they do not lead to the values.
std::optional<ConstantOrigin> Read(std::span<const float> values, std::span<const float> elements,
                                   std::span<const float> blocks) const {
  if (!(blocks[0] >= 1) || blocks[0] > static_cast<float>(names_.size())) return std::nullopt;
  ConstantOrigin origin{names_[static_cast<size_t>(blocks[0]) - 1], {}};
  const Stored& stored = stored_.at(origin.tensor);
  std::vector<bool> seen(stored.floats().size());
  for (size_t i = 0; i < values.size(); ++i) {
    const double block = double{blocks[i]} - 1 - static_cast<double>(stored.first_block);
    const double place = block * double{kBlock} + double{elements[i]} - 1;
    if (!(place >= 0) || place >= static_cast<double>(seen.size())) return std::nullopt;
    const auto at = static_cast<size_t>(place);
    const float value = stored.floats()[at];
    if (seen[at] || std::memcmp(&value, &values[i], sizeof(value)) != 0) return std::nullopt;
    seen[at] = true;
    origin.elements.push_back(static_cast<uint32_t>(at));
  }
  if (origin.elements.size() != seen.size()) return std::nullopt;
  return origin;
}

const Graph& unfolded_;
const std::vector<NodeOperand>& wanted_;
std::set<Fingerprint> fingerprints_;
std::map<std::string, Stored> stored_;
std::vector<std::string> names_;  // by block
};                                // namespace qconvert

}  // namespace

std::map<NodeOperand, ConstantOrigin> FindConstantOrigins(const std::string& path,
                                                          const ImportOptions& import,
                                                          const Graph& unfolded,
                                                          const std::vector<NodeOperand>& wanted) {
  return Finder(unfolded, wanted).Find(path, import);
}

}  // namespace qconvert
