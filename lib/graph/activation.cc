#include "lib/graph/activation.h"

#include <array>
#include <limits>

namespace qconvert {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Facts {
  std::string_view name;
  Range ends;
};

constexpr std::array<Facts, 4> kFacts = {{{"none", {-kInfinity, kInfinity}},
                                          {"relu", {0, kInfinity}},
                                          {"relu_n1_to_1", {-1, 1}},
                                          {"relu6", {0, 6}}}};

const Facts& FactsOf(Activation activation) { return kFacts[static_cast<size_t>(activation)]; }

}  // namespace

std::string_view ActivationName(Activation activation) { return FactsOf(activation).name; }

Range ActivationRange(Activation activation) { return FactsOf(activation).ends; }

std::optional<Activation> ActivationWithin(const Range& ends) {
  for (const Activation activation :
       {Activation::kRelu, Activation::kReluN1To1, Activation::kRelu6}) {
    if (ActivationRange(activation) == ends) return activation;
  }
  return std::nullopt;
}

}  // namespace qconvert
