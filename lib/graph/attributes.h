// Walks the attributes of an operator by name and value, for whoever treats all of them alike, such
// as the text form.
#pragma once

#include <type_traits>

#include "lib/graph/operators.h"

namespace qconvert {

/// Calls visit(name, value) for each attribute of one kind of operator, in the order of its
/// members. Does not compile for a kind whose kAttributes does not name every member.
template <typename Kind, typename Visit>
void VisitAttributes(const Kind& op, Visit visit) {
  if constexpr (!std::is_empty_v<Kind>) {
    constexpr auto kNames = Kind::kAttributes;
    static_assert(kNames.size() <= 4, "no kind of operator has so many attributes yet");
    if constexpr (kNames.size() == 1) {
      const auto& [a] = op;
      visit(kNames[0], a);
    } else if constexpr (kNames.size() == 2) {
      const auto& [a, b] = op;
      visit(kNames[0], a), visit(kNames[1], b);
    } else if constexpr (kNames.size() == 3) {
      const auto& [a, b, c] = op;
      visit(kNames[0], a), visit(kNames[1], b), visit(kNames[2], c);
    } else {
      const auto& [a, b, c, d] = op;
      visit(kNames[0], a), visit(kNames[1], b), visit(kNames[2], c), visit(kNames[3], d);
    }
  }
}

}  // namespace qconvert
