#include "lib/graph/element_type.h"

#include <array>

namespace qconvert {
namespace {

struct TypeFacts {
  std::string_view name;
  size_t bytes;
};

constexpr std::array<TypeFacts, 10> kFacts = {{{"float32", 4},
                                               {"float16", 2},
                                               {"float64", 8},
                                               {"int4", 1},
                                               {"int8", 1},
                                               {"uint8", 1},
                                               {"int16", 2},
                                               {"int32", 4},
                                               {"int64", 8},
                                               {"bool", 1}}};

}  // namespace

size_t ElementBytes(ElementType type) { return kFacts[static_cast<size_t>(type)].bytes; }

std::string_view ElementTypeName(ElementType type) {
  return kFacts[static_cast<size_t>(type)].name;
}

}  // namespace qconvert
