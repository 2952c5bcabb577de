#include <spdlog/fmt/fmt.h>

#include "lib/ops/op.h"
#include "lib/qconvert.h"

namespace qconvert {

std::string OperatorTable() {
  std::string table = "| operator | ONNX | TFLite code | int8 |\n|-|-|-|-|\n";
  for (const Op* op : AllOps()) {
    std::string spellings;
    for (const OnnxSpelling& spelling : op->onnx) {
      spellings += (spellings.empty() ? "" : ", ") + std::string(spelling.name);
    }
    const std::string code =
        op->tflite.code < 0 ? "lowered before export" : std::to_string(op->tflite.code);
    table += fmt::format("| {} | {} | {} | {} |\n", op->name, spellings, code,
                         op->reference_int8 == nullptr ? "float" : "integer");
  }
  return table;
}

}  // namespace qconvert
