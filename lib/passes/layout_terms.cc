#include "lib/passes/layout_terms.h"

#include <algorithm>
#include <map>
#include <utility>

#include "lib/passes/movement_trace.h"

namespace qconvert {
namespace {

class Finder {
 public:
  Finder(Graph& graph, const LayoutFamily& family, bool with_ports)
      : graph_(graph), family_(family), with_ports_(with_ports), trace_(graph) {}

  LayoutTerms Find() {
    AddChoices();
    for (TensorId id = 0; id < graph_.tensor_count(); ++id) AddTerms(id);
    return std::move(result_);
  }

 private:
  void AddChoices() {
    by_input_.resize(graph_.inputs.size());
    by_output_.resize(graph_.outputs.size());
    for (Node& node : graph_.nodes()) {
      auto relayout =
          trace_.IsMoved(node.output()) ? std::nullopt : RelayoutNode(graph_, node, family_);
      if (!relayout) continue;
      LayoutChoice& choice = AddChoice();
      choice.node = &node;
      choice.relayout = std::move(relayout);
      by_node_[&node] = &choice;
    }
    if (!with_ports_ || family_.count(4) == 0) return;
    for (size_t i = 0; i < graph_.inputs.size(); ++i) {
      if (graph_.tensor(graph_.inputs[i]).rank() != 4) continue;
      by_input_[i] = &AddChoice();
      by_input_[i]->input = static_cast<int>(i);
    }
    for (size_t i = 0; i < graph_.outputs.size(); ++i) {
      if (graph_.tensor(graph_.outputs[i]).rank() != 4) continue;
      by_output_[i] = &AddChoice();
      by_output_[i]->output = static_cast<int>(i);
    }
  }

  LayoutChoice& AddChoice() {
    result_.choices.push_back(std::make_unique<LayoutChoice>());
    result_.choices.back()->is_free = true;
    return *result_.choices.back();
  }

  LayoutChoice* ChoiceOf(const Node* node) const {
    const auto found = by_node_.find(node);
    return found == by_node_.end() ? nullptr : found->second;
  }

  /// Returns what decides how a root tensor is stored; null when nothing does.
  LayoutChoice* ProducerChoice(TensorId root) const {
    if (const Node* node = graph_.Producer(root)) return ChoiceOf(node);
    const auto at = std::find(graph_.inputs.begin(), graph_.inputs.end(), root);
    return at == graph_.inputs.end() ? nullptr
                                     : by_input_[static_cast<size_t>(at - graph_.inputs.begin())];
  }

  /// Returns t = Transpose {perm} of what the producer stores.
  Permutation ProducerPermutation(const LayoutChoice& producer, TensorId root) const {
    if (producer.node == nullptr) return family_.at(4);
    const auto& outputs = producer.node->outputs();
    const auto at = std::find(outputs.begin(), outputs.end(), root);
    return producer.relayout->result_perms[static_cast<size_t>(at - outputs.begin())];
  }

  void AddTerms(TensorId id) {
    const Origin& origin = trace_[id];
    const Tensor& tensor = graph_.tensor(id);
    if (graph_.tensor(origin.root).is_constant() || tensor.elements() == 0) return;
    std::map<size_t, std::vector<LayoutChoice*>> free_readers;  // by working rank
    std::vector<LayoutChoice*> unmoved_readers;                 // of label 0; null: fixed
    for (Node* reader : trace_.Readers(graph_, id)) {
      LayoutChoice* choice = ChoiceOf(reader);
      const size_t operand =
          static_cast<size_t>(std::find(reader->inputs().begin(), reader->inputs().end(), id) -
                              reader->inputs().begin());
      const bool takes_stored = choice != nullptr && choice->relayout->stored_operands[operand];
      if (takes_stored) free_readers[choice->relayout->rank].push_back(choice);
      if (takes_stored || !Absorbs(*reader, operand)) {
        unmoved_readers.push_back(takes_stored ? choice : nullptr);
      } else {
        AddTerm(id, {nullptr}, 0, reader);
      }
    }
    for (size_t i = 0; i < graph_.outputs.size(); ++i) {
      if (graph_.outputs[i] != id) continue;
      unmoved_readers.push_back(by_output_[i]);
      if (by_output_[i] != nullptr) free_readers[4].push_back(by_output_[i]);
    }
    if (!unmoved_readers.empty()) AddTerm(id, std::move(unmoved_readers), 0, nullptr);
    for (auto& [rank, readers] : free_readers) AddTerm(id, std::move(readers), rank, nullptr);
  }

  /// Adds what readers of label 0 (`stored_rank` 0) or of label 1 pay.
  void AddTerm(TensorId id, std::vector<LayoutChoice*> readers, size_t stored_rank,
               const Node* absorber) {
    LayoutTerm term;
    term.producer = ProducerChoice(trace_[id].root);
    term.readers = std::move(readers);
    term.reader_label = stored_rank != 0;
    for (size_t label = 0; label < 2; ++label) {
      if (label == 1 && term.producer == nullptr) continue;
      term.price[label] = Price(id, label == 1 ? term.producer : nullptr, stored_rank, absorber);
    }
    result_.terms.push_back(std::move(term));
  }

  /// Returns the price of the chain from a tensor's root to a reader.
  int64_t Price(TensorId id, const LayoutChoice* stored_producer, size_t stored_rank,
                const Node* absorber) const {
    const Origin& origin = trace_[id];
    Shape shape = origin.movement.input_shape();
    Permutation perm;
    if (stored_producer != nullptr) {
      perm = ProducerPermutation(*stored_producer, origin.root);
      shape = PermuteShape(shape, Inverse(perm));
    }
    Movement chain(shape);
    if (stored_producer != nullptr) chain.AppendTranspose(perm);
    for (const Operator& op : origin.movement.Operators()) {
      if (!chain.Append(op)) return kTransposePrice + kReshapePrice;
    }
    if (stored_rank != 0) {
      if (!chain.AppendReshape(FullRank(chain.output_shape(), stored_rank))) return kTransposePrice;
      chain.AppendTranspose(Inverse(family_.at(stored_rank)));
    }
    if (absorber != nullptr && chain.UndoneInColumns(1)) return kReshapePrice;
    int64_t price = 0;
    for (const Operator& op : chain.Operators()) {
      price += std::holds_alternative<Transpose>(op) ? kTransposePrice : kReshapePrice;
    }
    return price;
  }

  bool Absorbs(const Node& reader, size_t operand) const {
    return reader.Is<FullyConnected>() && operand == 0 &&
           graph_.tensor(reader.input(1)).is_constant();
  }

  Graph& graph_;
  const LayoutFamily& family_;
  bool with_ports_;
  MovementTrace trace_;
  LayoutTerms result_;
  std::map<const Node*, LayoutChoice*> by_node_;
  std::vector<LayoutChoice*> by_input_, by_output_;  // of the model; null where fixed
};

}  // namespace

LayoutTerms FindLayoutTerms(Graph& graph, const LayoutFamily& family, bool with_ports) {
  return Finder(graph, family, with_ports).Find();
}

Shape FullRank(const Shape& shape, size_t rank) {
  Shape full(rank - std::min(rank, shape.size()), 1);
  full.insert(full.end(), shape.begin(), shape.end());
  return full;
}

}  // namespace qconvert
