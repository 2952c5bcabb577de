// A pass: one rewrite of a whole graph. pipeline.h lists them and runs them.
#pragma once

#include <string_view>

#include "lib/graph/graph.h"

namespace qconvert {

/// A rewrite with its name and the reason why it stands where it stands in its list.
struct Pass {
  std::string_view name;
  void (*run)(Graph&);
  std::string_view why;
};

}  // namespace qconvert
