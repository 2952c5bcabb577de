#include "lib/tflite/operator_names.h"

#include <algorithm>
#include <set>

#include "tflite_generated.h"

namespace qconvert {

std::vector<std::string> OperatorNames(std::span<const std::byte> bytes) {
  std::set<std::string> names;
  const tflite::Model* model = tflite::GetModel(bytes.data());
  if (model->operator_codes() == nullptr) return {};
  for (const tflite::OperatorCode* code : *model->operator_codes()) {
    const int number = std::max<int>(code->builtin_code(), code->deprecated_builtin_code());
    names.insert(tflite::EnumNameBuiltinOperator(static_cast<tflite::BuiltinOperator>(number)));
  }
  return {names.begin(), names.end()};
}

}  // namespace qconvert
