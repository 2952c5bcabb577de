// Every node that can work on stored forms gets a label: 1 if it does, 0 if it stays as it is; all
// others have label 0. Between a tensor's producer (label a) and a reader (label b) stands a chain
// of Transposes and Reshapes, which depends on both:
//
//     producer -> [Transpose {perm} if a] -> chain -> [Transpose {inverse} if b] -> reader
//
// The price of a chain is the number of operators in the shortest chain that does the same. Readers
// of one tensor with the same label pay it once. The labels with the lowest sum of prices are a
// minimum cut. A cut cannot express a chain that is cheap only if exactly one end is stored. One
// end of such a chain already has the order that the family gives, so it keeps label 0.
#include "lib/passes/choose_layouts.h"

#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <utility>

#include "lib/graph/port_layout.h"
#include "lib/passes/min_cut.h"
#include "lib/passes/movement_trace.h"
#include "lib/passes/passes.h"
#include "lib/passes/rewrite.h"

namespace qconvert {
namespace {

constexpr int64_t kTransposePrice = 1024, kReshapePrice = 4, kModelSignaturePrice = 1;

/// Something with a label: a node, an input of the model or an output of the model.
struct Choice {
  Node* node = nullptr;
  int input = -1, output = -1;  // of the model
  std::optional<Relayout> relayout;
  bool is_free = false;
  bool is_stored = false;  // label 1
  int cut_index = MinCut::kZero;
};

/// Choices that read one tensor and pay for one chain, if any of them has label `reader_label`.
struct Term {
  Choice* producer = nullptr;  // null: of fixed label
  std::vector<Choice*> readers;
  bool reader_label = false;
  std::array<int64_t, 2> price{};  // by the producer's label
};

class LayoutChooser {
 public:
  LayoutChooser(Graph& graph, const LayoutFamily& family, LayoutFreedom freedom)
      : graph_(graph), family_(family), freedom_(freedom), trace_(graph) {}

  bool Run() {
    AddChoices();
    for (TensorId id = 0; id < graph_.tensor_count(); ++id) AddTerms(id);
    PinContradictions();
    const int64_t before = TotalPrice();
    Label();
    const int64_t after = TotalPrice();
    const bool stores = std::any_of(choices_.begin(), choices_.end(),
                                    [](const auto& choice) { return choice->is_stored; });
    if (!stores || after > before || (after == before && !freedom_.prefer_stored)) return false;
    Apply();
    return true;
  }

 private:
  void AddChoices() {
    by_input_.resize(graph_.inputs.size());
    by_output_.resize(graph_.outputs.size());
    for (Node& node : graph_.nodes()) {
      auto relayout =
          trace_.IsMoved(node.output()) ? std::nullopt : RelayoutNode(graph_, node, family_);
      if (!relayout) continue;
      Choice& choice = AddChoice();
      choice.node = &node;
      choice.relayout = std::move(relayout);
      by_node_[&node] = &choice;
    }
    if (!freedom_.inputs_and_outputs || family_.count(4) == 0) return;
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

  Choice& AddChoice() {
    choices_.push_back(std::make_unique<Choice>());
    choices_.back()->is_free = true;
    return *choices_.back();
  }

  Choice* ChoiceOf(const Node* node) const {
    const auto found = by_node_.find(node);
    return found == by_node_.end() ? nullptr : found->second;
  }

  /// Returns what decides how a root tensor is stored; null when nothing does.
  Choice* ProducerChoice(TensorId root) const {
    if (const Node* node = graph_.Producer(root)) return ChoiceOf(node);
    const auto at = std::find(graph_.inputs.begin(), graph_.inputs.end(), root);
    return at == graph_.inputs.end() ? nullptr
                                     : by_input_[static_cast<size_t>(at - graph_.inputs.begin())];
  }

  /// Returns t = Transpose {perm} of what the producer stores.
  Permutation ProducerPermutation(const Choice& producer, TensorId root) const {
    if (producer.node == nullptr) return family_.at(4);
    const auto& outputs = producer.node->outputs();
    const auto at = std::find(outputs.begin(), outputs.end(), root);
    return producer.relayout->result_perms[static_cast<size_t>(at - outputs.begin())];
  }

  void AddTerms(TensorId id) {
    const Origin& origin = trace_[id];
    const Tensor& tensor = graph_.tensor(id);
    if (graph_.tensor(origin.root).is_constant() || tensor.elements() == 0) return;
    std::map<size_t, std::vector<Choice*>> free_readers;  // by working rank
    std::vector<Choice*> unmoved_readers;                 // of label 0; null: fixed
    for (Node* reader : trace_.Readers(graph_, id)) {
      Choice* choice = ChoiceOf(reader);
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
  void AddTerm(TensorId id, std::vector<Choice*> readers, size_t stored_rank,
               const Node* absorber) {
    Term term;
    term.producer = ProducerChoice(trace_[id].root);
    term.readers = std::move(readers);
    term.reader_label = stored_rank != 0;
    for (size_t label = 0; label < 2; ++label) {
      if (label == 1 && term.producer == nullptr) continue;
      term.price[label] = Price(id, label == 1 ? term.producer : nullptr, stored_rank, absorber);
    }
    terms_.push_back(std::move(term));
  }

  /// Returns the price of the chain from a tensor's root to a reader.
  int64_t Price(TensorId id, const Choice* stored_producer, size_t stored_rank,
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

  static Shape FullRank(const Shape& shape, size_t rank) {
    Shape full(rank - std::min(rank, shape.size()), 1);
    full.insert(full.end(), shape.begin(), shape.end());
    return full;
  }

  bool Absorbs(const Node& reader, size_t operand) const {
    return reader.Is<FullyConnected>() && operand == 0 &&
           graph_.tensor(reader.input(1)).is_constant();
  }

  static bool IsFree(const Choice* choice) { return choice != nullptr && choice->is_free; }

  static bool AllFree(const Term& term) {
    return IsFree(term.producer) && std::all_of(term.readers.begin(), term.readers.end(), IsFree);
  }

  /// Fixes the ends of chains whose price a cut cannot express.
  void PinContradictions() {
    for (bool changed = true; changed;) {
      changed = false;
      for (Term& term : terms_) {
        if (!AllFree(term)) continue;
        const int64_t same = term.price[term.reader_label], other = term.price[!term.reader_label];
        if (same <= other) continue;
        if (same - other < kTransposePrice) {
          term.price[term.reader_label] = other;
          continue;
        }
        changed = true;
        if (term.reader_label) {
          term.producer->is_free = false;
        } else {
          for (Choice* reader : term.readers) reader->is_free = false;
        }
      }
    }
  }

  static bool LabelOf(const Choice* choice) { return choice != nullptr && choice->is_stored; }

  int64_t TotalPrice() const {
    int64_t total = 0;
    for (const Term& term : terms_) {
      const bool pays =
          std::any_of(term.readers.begin(), term.readers.end(),
                      [&](const Choice* reader) { return LabelOf(reader) == term.reader_label; });
      if (pays) total += term.price[LabelOf(term.producer)];
    }
    for (const auto& choice : choices_) {
      if (choice->node == nullptr && choice->is_stored) total += kModelSignaturePrice;
    }
    return total;
  }

  void Label() {
    MinCut cut;
    for (const auto& choice : choices_) {
      if (!choice->is_free) continue;
      choice->cut_index = cut.Add();
      if (choice->node == nullptr) {
        cut.AddCost(MinCut::kZero, choice->cut_index, kModelSignaturePrice);
      }
    }
    for (const Term& term : terms_) AddToCut(term, cut);
    const std::vector<bool> labels = cut.Solve(freedom_.prefer_stored);
    for (const auto& choice : choices_) {
      choice->is_stored = choice->is_free && labels[static_cast<size_t>(choice->cut_index)];
    }
  }

  static int CutIndex(const Choice* choice) {
    return IsFree(choice) ? choice->cut_index : MinCut::kZero;
  }

  static void AddToCut(const Term& term, MinCut& cut) {
    const int producer = CutIndex(term.producer);
    const bool all_free = std::all_of(term.readers.begin(), term.readers.end(), IsFree);
    if (!term.reader_label && !all_free) {  // some reader pays in any case
      cut.AddCost(producer, MinCut::kOne, term.price[0]);
      cut.AddCost(MinCut::kZero, producer, term.price[1]);
      return;
    }
    // `pays` has the readers' label as soon as one of them has it.
    const int pays = cut.Add();
    const int64_t same = term.price[term.reader_label], other = term.price[!term.reader_label];
    for (const Choice* reader : term.readers) {
      if (term.reader_label) {
        cut.AddCost(pays, CutIndex(reader), MinCut::kForbidden);
      } else {
        cut.AddCost(CutIndex(reader), pays, MinCut::kForbidden);
      }
    }
    const int64_t always = IsFree(term.producer) ? same : term.price[0];
    const int64_t if_different = IsFree(term.producer) ? other - same : 0;
    if (term.reader_label) {
      cut.AddCost(MinCut::kZero, pays, always);
      cut.AddCost(producer, pays, if_different);
    } else {
      cut.AddCost(pays, MinCut::kOne, always);
      cut.AddCost(pays, producer, if_different);
    }
  }

  void Apply() {
    for (const auto& choice : choices_) {
      if (!choice->is_stored) continue;
      if (choice->node != nullptr) ApplyTo(*choice->node, *choice->relayout);
      if (choice->input >= 0) StoreInput(static_cast<size_t>(choice->input));
      if (choice->output >= 0) StoreOutput(static_cast<size_t>(choice->output));
    }
    MergeMovements(graph_);
    FoldConstants(graph_);
    DropDead(graph_);
  }

  void ApplyTo(Node& node, const Relayout& relayout) {
    for (size_t i = 0; i < node.inputs().size(); ++i) {
      if (relayout.stored_operands[i]) StoreOperand(node, i, relayout.rank);
    }
    node.op = relayout.op;
    for (size_t i = 0; i < node.outputs().size(); ++i) {
      const Permutation& perm = relayout.result_perms[i];
      if (std::is_sorted(perm.begin(), perm.end())) continue;
      const TensorId result = node.outputs()[i];
      const TensorId stored = AddStored(result, perm);
      graph_.SetOutput(node, i, stored);
      graph_.InsertAfter(node,
                         Node(graph_.tensor(result).name, Transpose{perm}, {stored}, {result}));
    }
  }

  void StoreOperand(Node& node, size_t i, size_t rank) {
    const std::string name = graph_.tensor(node.input(i)).name + "/nhwc";
    TensorId id = node.input(i);
    const Shape full = FullRank(graph_.tensor(id).shape, rank);
    if (graph_.tensor(id).shape != full)
      id = EmitBefore(graph_, node, Reshape{full}, {id}, name + "/full");
    const Operator inverse = Transpose{Inverse(family_.at(rank))};
    graph_.SetInput(node, i, EmitBefore(graph_, node, inverse, {id}, name));
  }

  /// Adds the tensor t' of t = Transpose {perm} of t'.
  TensorId AddStored(TensorId id, const Permutation& perm) {
    Tensor stored = graph_.tensor(id);
    stored.name += "/nhwc";
    stored.shape = PermuteShape(stored.shape, Inverse(perm));
    return graph_.AddTensor(std::move(stored));
  }

  void StoreInput(size_t i) {
    const TensorId old_id = graph_.inputs[i];
    const TensorId id = graph_.inputs[i] = AddStored(old_id, family_.at(4));
    graph_.SwapNames(id, old_id);
    NoteLayout(graph_, graph_.input_names[i], Layout::kNhwc);
    graph_.InsertBefore(graph_.nodes().front(),
                        Node(graph_.tensor(old_id).name, Transpose{family_.at(4)}, {id}, {old_id}));
  }

  void StoreOutput(size_t i) {
    const TensorId id = graph_.outputs[i];
    const Operator inverse = Transpose{Inverse(family_.at(4))};
    const std::string name = graph_.tensor(id).name + "/nhwc";
    graph_.outputs[i] = EmitAfter(graph_, graph_.nodes().back(), inverse, {id}, name);
    NoteLayout(graph_, graph_.output_names[i], Layout::kNhwc);
  }

  Graph& graph_;
  const LayoutFamily& family_;
  LayoutFreedom freedom_;
  MovementTrace trace_;
  std::vector<std::unique_ptr<Choice>> choices_;
  std::map<const Node*, Choice*> by_node_;
  std::vector<Choice*> by_input_, by_output_;  // of the model; null where fixed
  std::vector<Term> terms_;
};

}  // namespace

bool ChooseLayouts(Graph& graph, const LayoutFamily& family, LayoutFreedom freedom) {
  if (graph.nodes().empty()) return false;
  return LayoutChooser(graph, family, freedom).Run();
}

}  // namespace qconvert
