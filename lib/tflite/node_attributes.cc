#include "lib/tflite/node_attributes.h"

#include <functional>
#include <type_traits>
#include <utility>
#include <variant>

#include "lib/graph/attributes.h"
#include "lib/ops/op.h"

namespace qconvert {
namespace {

using Numbers = std::vector<double>;

/// Collects the values of the attributes of one name; without a name the names themselves.
class AttributeReader {
 public:
  explicit AttributeReader(std::string_view name) : name_(name) {}

  template <typename T>
  void operator()(std::string_view name, const T& value) {
    if constexpr (std::is_arithmetic_v<T>) {
      Take(name, static_cast<double>(value));
    }
  }
  template <typename T>
  void operator()(std::string_view name, const std::vector<T>& values) {
    known_ = known_ || name == name_;
    for (const T& value : values) Take(name, static_cast<double>(value));
  }
  void operator()(std::string_view, const Window& window) {
    Take("stride_h", window.stride_h);
    Take("stride_w", window.stride_w);
    Take("dilation_h", window.dilation_h);
    Take("dilation_w", window.dilation_w);
    for (int pad : {window.pad_top, window.pad_left, window.pad_bottom, window.pad_right}) {
      Take("padding", pad);
    }
  }

  const Numbers& numbers() const { return numbers_; }
  bool known() const { return known_; }

 private:
  void Take(std::string_view name, double value) {
    if (name != name_) return;
    known_ = true;
    numbers_.push_back(value);
  }

  std::string_view name_;
  Numbers numbers_;
  bool known_ = false;
};

template <size_t... I>
bool IsAttributeOfAny(std::string_view name, std::index_sequence<I...>) {
  AttributeReader reader(name);
  (VisitAttributes(std::variant_alternative_t<I, OperatorKinds>{}, std::ref(reader)), ...);
  return reader.known();
}

}  // namespace

bool IsAttribute(std::string_view name) {
  return IsAttributeOfAny(name, std::make_index_sequence<kOperatorCount>());
}

std::vector<double> AttributeNumbers(std::string_view name, const Node& node) {
  AttributeReader reader(name);
  const auto visit = [&](const auto& kind) { VisitAttributes(kind, std::ref(reader)); };
  std::visit(visit, static_cast<const OperatorKinds&>(node.op));
  return reader.numbers();
}

}  // namespace qconvert
