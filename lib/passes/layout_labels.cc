#include "lib/passes/layout_labels.h"

#include <algorithm>

namespace qconvert {
namespace {

bool IsFree(const LayoutChoice* choice) { return choice != nullptr && choice->is_free; }

bool AllFree(const LayoutTerm& term) {
  return IsFree(term.producer) && std::all_of(term.readers.begin(), term.readers.end(), IsFree);
}

bool LabelOf(const LayoutChoice* choice) { return choice != nullptr && choice->is_stored; }

int CutIndex(const LayoutChoice* choice) {
  return IsFree(choice) ? choice->cut_index : MinCut::kZero;
}

void AddToCut(const LayoutTerm& term, MinCut& cut) {
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
  for (const LayoutChoice* reader : term.readers) {
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

}  // namespace

void PinContradictions(LayoutTerms& layouts) {
  for (bool changed = true; changed;) {
    changed = false;
    for (LayoutTerm& term : layouts.terms) {
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
        for (LayoutChoice* reader : term.readers) reader->is_free = false;
      }
    }
  }
}

void LabelLayouts(LayoutTerms& layouts, bool prefer_stored) {
  MinCut cut;
  for (const auto& choice : layouts.choices) {
    if (!choice->is_free) continue;
    choice->cut_index = cut.Add();
    if (choice->node == nullptr) {
      cut.AddCost(MinCut::kZero, choice->cut_index, kModelSignaturePrice);
    }
  }
  for (const LayoutTerm& term : layouts.terms) AddToCut(term, cut);
  const std::vector<bool> labels = cut.Solve(prefer_stored);
  for (const auto& choice : layouts.choices) {
    choice->is_stored = choice->is_free && labels[static_cast<size_t>(choice->cut_index)];
  }
}

int64_t PriceOf(const LayoutTerms& layouts) {
  int64_t total = 0;
  for (const LayoutTerm& term : layouts.terms) {
    const bool pays = std::any_of(
        term.readers.begin(), term.readers.end(),
        [&](const LayoutChoice* reader) { return LabelOf(reader) == term.reader_label; });
    if (pays) total += term.price[LabelOf(term.producer)];
  }
  for (const auto& choice : layouts.choices) {
    if (choice->node == nullptr && choice->is_stored) total += kModelSignaturePrice;
  }
  return total;
}

}  // namespace qconvert
