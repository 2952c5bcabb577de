#include "lib/evaluation/transplant.h"

#include <map>
#include <optional>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/evaluation/pairing.h"
#include "lib/passes/passes.h"
#include "lib/runner/port.h"

namespace qconvert {
namespace {

/// Builds the mixed graph. Tensors of either network are copied with the nodes that compute them,
/// when they are asked for the first time.
class Surgery {
 public:
  Surgery(const Graph& host, const Graph& donor, const std::vector<SharedTensor>& shared,
          const std::set<TensorId>& chosen)
      : host_(host), donor_(donor) {
    for (const SharedTensor& pair : shared) {
      if (chosen.contains(pair.host)) {
        transplants_[pair.host] = pair.donor;
      } else {
        cuts_[pair.donor] = pair.host;
      }
    }
    PairInputs();
    TakeIntegersAlong();
  }

  Graph Run() {
    mixed_.name = host_.name;
    mixed_.metadata = host_.metadata;
    mixed_.input_names = host_.input_names;
    mixed_.output_names = host_.output_names;
    for (TensorId id : host_.inputs) {
      from_host_[id] = mixed_.AddTensor(host_.tensor(id));
      mixed_.inputs.push_back(from_host_[id]);
    }
    for (const Node& node : host_.nodes()) {  // in an order that keeps the recursion short
      for (TensorId id : node.outputs()) OfHost(id);
    }
    for (TensorId id : host_.outputs) mixed_.outputs.push_back(OfHost(id));
    DropDead(mixed_);
    return std::move(mixed_);
  }

 private:
  /// The host's input that stands for one of the donor's.
  struct InputPair {
    TensorId host;
    std::vector<int> perm;  ///< of the axes, to the donor's order; empty: they are the same
  };

  void PairInputs() {
    const std::vector<Port> donors = InputPorts(donor_), hosts = InputPorts(host_);
    const std::vector<size_t> partners = PairPorts(donors, hosts, "input");
    for (size_t k = 0; k < donors.size(); ++k) {
      const Port& mine = hosts[partners[k]];
      InputPair& pair = inputs_[donors[k].id] = {mine.id, {}};
      if (mine.nhwc == donors[k].nhwc) continue;
      pair.perm = mine.nhwc ? std::vector<int>{0, 3, 1, 2} : std::vector<int>{0, 2, 3, 1};
    }
  }

  /// Where a Dequantize makes a chosen tensor, the integers that it reads are replaced, too: other
  /// nodes may read them.
  void TakeIntegersAlong() {
    for (const auto& [id, donor] : std::map(transplants_)) {
      const Node* producer = host_.Producer(id);
      if (producer == nullptr || !producer->Is<Dequantize>()) continue;
      if (!host_.tensor(producer->input(0)).is_constant()) {
        transplants_.try_emplace(producer->input(0), donor);
      }
    }
  }

  TensorId OfHost(TensorId id) {
    if (id == kNoTensor) return id;
    if (const auto found = from_host_.find(id); found != from_host_.end()) return found->second;
    if (const auto found = transplants_.find(id); found != transplants_.end()) {
      return from_host_[id] = Converted(OfDonor(found->second), host_.tensor(id));
    }
    Copy(host_, id, from_host_, [this](TensorId input) { return OfHost(input); });
    return from_host_.at(id);
  }

  TensorId OfDonor(TensorId id) {
    if (id == kNoTensor) return id;
    if (const auto found = from_donor_.find(id); found != from_donor_.end()) return found->second;
    if (const auto cut = cuts_.find(id); cut != cuts_.end()) {
      return from_donor_[id] = Converted(OfHost(cut->second), donor_.tensor(id));
    }
    if (const auto input = inputs_.find(id); input != inputs_.end()) {
      const TensorId own = Permuted(OfHost(input->second.host), input->second.perm);
      return from_donor_[id] = Converted(own, donor_.tensor(id));
    }
    Copy(donor_, id, from_donor_, [this](TensorId input) { return OfDonor(input); });
    return from_donor_.at(id);
  }

  /// Copies a constant, or the node that computes a tensor; `made` gets its results.
  template <typename Operand>
  void Copy(const Graph& from, TensorId id, std::map<TensorId, TensorId>& made,
            const Operand& operand) {
    const Node* node = from.Producer(id);
    if (node == nullptr) {
      made[id] = mixed_.AddTensor(from.tensor(id));
      return;
    }
    std::vector<TensorId> inputs, outputs;
    for (TensorId input : node->inputs()) inputs.push_back(operand(input));
    for (TensorId output : node->outputs()) {
      outputs.push_back(mixed_.AddTensor(from.tensor(output)));
      made.try_emplace(output, outputs.back());
    }
    mixed_.Append(node->On(std::move(inputs), std::move(outputs)));
  }

  TensorId Permuted(TensorId id, const std::vector<int>& perm) {
    if (perm.empty()) return id;
    Tensor result = mixed_.tensor(id);
    for (size_t axis = 0; axis < perm.size(); ++axis) {
      result.shape[axis] = mixed_.tensor(id).shape[static_cast<size_t>(perm[axis])];
    }
    return Emit(Transpose{perm}, id, std::move(result));
  }

  /// Returns a tensor of the mixed graph as another one is: the same reals, in its type.
  TensorId Converted(TensorId id, const Tensor& like) {
    const Tensor own = mixed_.tensor(id);
    if (own.type == like.type && own.quant == like.quant) return id;
    const bool known = (own.is_float() || own.quant) && (like.is_float() || like.quant);
    if (!known) {
      Fail(ErrorKind::kUnsupported,
           fmt::format("tensor '{}' is {} in one network and {} in the other", like.name,
                       ElementTypeName(own.type), ElementTypeName(like.type)));
    }
    Tensor real{like.name, ElementType::kFloat32, like.shape};
    if (own.quant) id = Emit(Dequantize{}, id, real);
    if (like.is_float()) return id;
    return Emit(Quantize{}, id, {like.name, like.type, like.shape, like.quant});
  }

  TensorId Emit(Operator op, TensorId input, Tensor result) {
    const std::string name = result.name;
    const TensorId id = mixed_.AddTensor(std::move(result));
    mixed_.Append(Node(name, std::move(op), {input}, {id}));
    return id;
  }

  const Graph& host_;
  const Graph& donor_;
  std::map<TensorId, TensorId> transplants_;  // the host's tensor -> the donor's
  std::map<TensorId, TensorId> cuts_;         // the donor's tensor -> the host's
  std::map<TensorId, InputPair> inputs_;      // by the donor's
  Graph mixed_;
  std::map<TensorId, TensorId> from_host_, from_donor_;  // -> of the mixed graph
};

}  // namespace

Graph Transplanted(const Graph& host, const Graph& donor, const std::vector<SharedTensor>& shared,
                   const std::set<TensorId>& chosen) {
  return Surgery(host, donor, shared, chosen).Run();
}

}  // namespace qconvert
