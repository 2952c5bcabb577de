#include "lib/tflite/target_fit.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include "lib/base/check.h"
#include "lib/tflite/node_numbers.h"
#include "lib/tflite/operator_names.h"

namespace qconvert {
namespace {

constexpr size_t kShownTypes = 3;

std::vector<ElementType> TypesOf(const Graph& graph, const std::vector<TensorId>& ids) {
  std::vector<ElementType> types;
  for (TensorId id : ids) {
    if (id != kNoTensor) types.push_back(graph.tensor(id).type);
  }
  return types;
}

/// Compares types in order; the last wanted one holds for all that follow.
bool Match(const std::vector<ElementType>& types, const std::vector<ElementType>& wanted) {
  for (size_t i = 0; i < types.size(); ++i) {
    if (types[i] != wanted[std::min(i, wanted.size() - 1)]) return false;
  }
  return true;
}

bool IsWithin(double value, const NumberLimit& limit) {
  if (!limit.one_of.empty()) return std::ranges::find(limit.one_of, value) != limit.one_of.end();
  return (!limit.least || value >= *limit.least) && (!limit.most || value <= *limit.most);
}

void AddOnce(const std::string& text, std::vector<std::string>& texts) {
  if (std::ranges::find(texts, text) == texts.end()) texts.push_back(text);
}

/// One operator beside what a target takes.
class OperatorFit {
 public:
  OperatorFit(const TargetProfile& target, const std::string& name, const Graph& graph,
              const Node& node)
      : graph_(graph),
        node_(node),
        types_{TypesOf(graph, node.inputs()), TypesOf(graph, node.outputs())} {
    for (const AcceptedForm& form : target.accepts) {
      if (std::ranges::find(form.operators, name) != form.operators.end()) forms_.push_back(&form);
    }
  }

  /// Returns why no form takes the operator, with what each form of its types would want; empty:
  /// one does.
  std::string WhyNot() const {
    if (forms_.empty()) return "no such operator";
    std::vector<std::string> reasons;
    for (const AcceptedForm* form : forms_) {
      if (!HasTypes(*form)) continue;
      const std::string beyond = BeyondLimits(*form);
      if (beyond.empty()) return "";
      AddOnce(beyond, reasons);
    }
    return reasons.empty() ? OtherTypes() : fmt::format("{}", fmt::join(reasons, ", or "));
  }

 private:
  bool HasTypes(const AcceptedForm& form) const {
    return std::ranges::any_of(form.types, [&](const TypeSignature& signature) {
      return Match(types_.operands, signature.operands) && Match(types_.results, signature.results);
    });
  }

  std::string BeyondLimits(const AcceptedForm& form) const {
    for (const auto& [name, limit] : form.limits) {
      for (double value : NodeNumbers(name, graph_, node_)) {
        if (IsWithin(value, limit)) continue;
        return fmt::format("{} is not {}", NodeNumberWords(name), ToText(limit));
      }
    }
    return "";
  }

  std::string OtherTypes() const {
    std::vector<std::string> taken;
    for (const AcceptedForm* form : forms_) {
      for (const TypeSignature& signature : form->types) AddOnce(ToText(signature), taken);
    }
    if (const size_t others = taken.size() - std::min(taken.size(), kShownTypes); others > 0) {
      taken.resize(kShownTypes);
      taken.push_back(fmt::format("{} others", others));
    }
    return fmt::format("types are {}, not {}", ToText(types_), fmt::join(taken, " or "));
  }

  const Graph& graph_;
  const Node& node_;
  TypeSignature types_;
  std::vector<const AcceptedForm*> forms_;
};

}  // namespace

std::vector<UnfitOperator> FindUnfit(const TargetProfile& target, std::span<const std::byte> bytes,
                                     const Graph& graph) {
  const std::vector<std::string> names = OperatorNamesInOrder(bytes);
  Check(names.size() == graph.nodes().size(), "a graph has as many nodes as its file operators");
  std::vector<UnfitOperator> unfit;
  size_t place = 0;
  for (const Node& node : graph.nodes()) {
    std::string why = OperatorFit(target, names[place], graph, node).WhyNot();
    if (!why.empty()) unfit.push_back({&node, place, names[place], std::move(why)});
    ++place;
  }
  return unfit;
}

}  // namespace qconvert
