#include "lib/graph/operators.h"

namespace qconvert {

Operator::Operator(const Operator& other) = default;
Operator::Operator(Operator&& other) noexcept = default;
Operator& Operator::operator=(const Operator& other) = default;
Operator& Operator::operator=(Operator&& other) noexcept = default;
Operator::~Operator() = default;

std::string_view OperatorName(const Operator& op) {
  return std::visit([](const auto& attributes) { return attributes.kName; }, op);
}

Activation* FusedActivation(Operator& op) {
  return std::visit(
      [](auto& attributes) -> Activation* {
        if constexpr (requires { attributes.activation; }) return &attributes.activation;
        return nullptr;
      },
      op);
}

Activation FusedActivation(const Operator& op) {
  const Activation* activation = FusedActivation(const_cast<Operator&>(op));
  return activation == nullptr ? Activation::kNone : *activation;
}

}  // namespace qconvert
