#include "lib/tflite/operator_names.h"

#include <algorithm>
#include <set>

#include "tflite_generated.h"

namespace qconvert {
namespace {

std::string NameOf(const tflite::OperatorCode& code) {
  const int number = std::max<int>(code.builtin_code(), code.deprecated_builtin_code());
  return tflite::EnumNameBuiltinOperator(static_cast<tflite::BuiltinOperator>(number));
}

}  // namespace

std::vector<std::string> OperatorNames(std::span<const std::byte> bytes) {
  std::set<std::string> names;
  const tflite::Model* model = tflite::GetModel(bytes.data());
  if (model->operator_codes() == nullptr) return {};
  for (const tflite::OperatorCode* code : *model->operator_codes()) names.insert(NameOf(*code));
  return {names.begin(), names.end()};
}

std::vector<std::string> OperatorNamesInOrder(std::span<const std::byte> bytes) {
  std::vector<std::string> names;
  const tflite::Model* model = tflite::GetModel(bytes.data());
  const auto* operators = model->subgraphs()->Get(0)->operators();
  if (operators == nullptr) return names;
  for (const tflite::Operator* one : *operators) {
    names.push_back(NameOf(*model->operator_codes()->Get(one->opcode_index())));
  }
  return names;
}

}  // namespace qconvert
