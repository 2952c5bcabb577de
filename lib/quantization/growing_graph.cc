#include "lib/quantization/growing_graph.h"

#include <utility>

#include "lib/quantization/quantize_constant.h"

namespace qconvert {
namespace {

/// Returns the parameters of unsigned bytes that stand for the same reals as signed ones.
QuantParams Unsigned(const QuantParams& params) {
  return PerLayer(params.scale(), params.zero_point() + 128);
}

}  // namespace

GrowingGraph::GrowingGraph(const Graph& graph, const QuantizationPlan& plan)
    : graph_(graph), plan_(plan) {
  result_.name = graph.name;
  result_.metadata = graph.metadata;
  result_.input_names = graph.input_names;
  result_.output_names = graph.output_names;
  for (TensorId id : graph.inputs) result_.inputs.push_back(AddInput(id));
}

GrowingGraph::FormKey GrowingGraph::KeyOf(TensorId id, const IntegerForm& form) {
  return {id, form.type, form.params.scale(), form.params.zero_point()};
}

IntegerForm GrowingGraph::FormOf(TensorId id, ElementType type) const {
  const auto& params = plan_.tensors.at(static_cast<size_t>(id)).Of(type);
  Check(params.has_value(), "no parameters for " + tensor(id).name);
  return {type, *params};
}

TensorId GrowingGraph::Add(TensorId original, Tensor added) {
  const TensorId id = result_.AddTensor(std::move(added));
  originals_[id] = original;
  return id;
}

TensorId GrowingGraph::AddFloat(TensorId id) { return floats_[id] = Add(id, tensor(id)); }

TensorId GrowingGraph::AddInteger(TensorId id, const IntegerForm& form) {
  return NoteMade(id, form, Add(id, {tensor(id).name, form.type, tensor(id).shape, form.params}));
}

/// Notes that a tensor is made in the given form; returns it.
TensorId GrowingGraph::NoteMade(TensorId id, const IntegerForm& form, TensorId made) {
  return integers_[KeyOf(id, form)] = made_integers_[id] = made;
}

void GrowingGraph::AddRequantized(TensorId id, TensorId from, const IntegerForm& form) {
  const TensorId own = Source(from, form.type);
  NoteMade(id, form,
           Convert(id, own == kNoTensor ? Float(from) : own, Quantize{},
                   {tensor(id).name, form.type, tensor(id).shape, form.params}));
}

void GrowingGraph::Append(Node node) {
  made_.push_back(&result_.Append(std::move(node)));
  for (TensorId id : made_.back()->outputs()) likenesses_.push_back({id, originals_.at(id)});
}

TensorId GrowingGraph::Convert(TensorId original, TensorId from, Operator op, Tensor to) {
  const std::string name = to.name;
  const TensorId id = Add(original, std::move(to));
  Append(Node(name, std::move(op), {from}, {id}));
  return id;
}

TensorId GrowingGraph::AddInput(TensorId id) {
  const Tensor& input = tensor(id);
  if (!input.is_float() || plan_.io == IoType::kFloat32) return AddFloat(id);
  const IntegerForm form = FormOf(id, IntegerType(plan_.io));
  if (plan_.io != IoType::kUInt8) return AddInteger(id, form);
  const TensorId added =
      Add(id, {input.name, ElementType::kUInt8, input.shape, Unsigned(form.params)});
  NoteMade(
      id, form,
      Convert(id, added, Quantize{}, {input.name + "/int8", form.type, input.shape, form.params}));
  return added;
}

TensorId GrowingGraph::AddOutput(TensorId id) {
  const Tensor& output = tensor(id);
  if (!output.is_float() || plan_.io == IoType::kFloat32) return Float(id);
  const IntegerForm form = FormOf(id, IntegerType(plan_.io));
  const TensorId integer = Integer(id, form);
  if (plan_.io != IoType::kUInt8) return integer;
  return Convert(
      id, integer, Quantize{},
      {output.name + "/uint8", ElementType::kUInt8, output.shape, Unsigned(form.params)});
}

TensorId GrowingGraph::Float(TensorId id) {
  if (id == kNoTensor) return id;
  const auto grid = graph_.grids.find(id);
  if (grid == graph_.grids.end()) return Unrounded(id);
  const auto [found, is_new] = rounded_.try_emplace(id, kNoTensor);
  if (is_new) {
    const Tensor& original = tensor(id);
    found->second = Convert(id, Integer(id, grid->second), Dequantize{},
                            {original.name + "/float", original.type, original.shape});
  }
  return found->second;
}

/// Returns the floats that a node or an integer form gives.
TensorId GrowingGraph::Unrounded(TensorId id) {
  const auto found = floats_.find(id);
  if (found != floats_.end()) return found->second;
  const Tensor& original = tensor(id);
  if (original.is_constant()) return AddFloat(id);
  const auto made = made_integers_.find(id);
  Check(made != made_integers_.end(), "read before it is made: " + original.name);
  return floats_[id] = Convert(id, made->second, Dequantize{},
                               {original.name + "/float", original.type, original.shape});
}

/// Returns the integers that another form of `type` is rescaled from: those that the tensor is made
/// of or, where it is made of floats, those of its own parameters, if there are some.
TensorId GrowingGraph::Source(TensorId id, ElementType type) const {
  const auto made = made_integers_.find(id);
  if (made != made_integers_.end()) return made->second;
  const auto& params = plan_.tensors.at(static_cast<size_t>(id)).Of(type);
  const auto found = params ? integers_.find(KeyOf(id, {type, *params})) : integers_.end();
  return found == integers_.end() ? kNoTensor : found->second;
}

TensorId GrowingGraph::Integer(TensorId id, const IntegerForm& form) {
  const auto found = integers_.find(KeyOf(id, form));
  if (found != integers_.end()) return found->second;
  const Tensor& original = tensor(id);
  if (original.is_constant()) {
    return integers_[KeyOf(id, form)] = Add(id, QuantizeConstant(original, form.type, form.params));
  }
  const TensorId own = Source(id, form.type);
  const std::string name =
      own == kNoTensor ? std::string(ElementTypeName(form.type)) : "requantized";
  return integers_[KeyOf(id, form)] =
             Convert(id, own == kNoTensor ? Unrounded(id) : own, Quantize{},
                     {original.name + "/" + name, form.type, original.shape, form.params});
}

void GrowingGraph::Tell(const EvidenceSources& evidence) {
  if (made_.empty()) return;
  evidence.TellEach([&](EvidenceSource& source) { source.Made(result_, made_, likenesses_); });
  made_.clear();
  likenesses_.clear();
}

Graph GrowingGraph::Finish() {
  for (TensorId id : graph_.outputs) result_.outputs.push_back(AddOutput(id));
  return std::move(result_);
}

}  // namespace qconvert
