#include <algorithm>

#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

#include "lib/onnx/expand_fused.h"
#include "lib/onnx/quantized_form.h"
#include "lib/ops/onnx_microsoft.h"
#include "lib/ops/op.h"
#include "lib/qconvert.h"

namespace qconvert {
namespace {

std::string Spellings(const Op& op) {
  std::vector<std::string_view> names;
  for (const OnnxSpelling& spelling : op.onnx) names.push_back(spelling.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

/// Returns the names of the operators that we write, then of those that we only read.
std::string TfliteNames(const Op& op) {
  if (op.tflite.code < 0) return "lowered before export";
  std::string written(TfliteOperatorName(op.tflite.code)), read;
  for (const TfliteForm& form : op.other_tflite) {
    std::string& names = form.when != nullptr ? written : read;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", TfliteOperatorName(form.code));
  }
  return read.empty() ? written : fmt::format("{} (reads {})", written, read);
}

}  // namespace

std::string OperatorTable() {
  const auto kernel = [](ReferenceFunction reference) {
    return reference == nullptr ? "float" : "integer";
  };
  std::string table = "| operator | ONNX | TFLite | int8 | int16 |\n|-|-|-|-|-|\n";
  for (const Op* op : AllOps()) {
    table += fmt::format("| {} | {} | {} | {} | {} |\n", op->name, Spellings(*op), TfliteNames(*op),
                         kernel(op->reference_int8), kernel(op->reference_int16));
  }
  for (const OnnxSpelling& spelling : OnnxOnlySpellings()) {
    table += fmt::format("|  | {} | {} |  |  |\n", spelling.name, spelling.becomes);
  }
  for (const OnnxSpelling& spelling : MicrosoftSpellings()) {
    table +=
        fmt::format("|  | com.microsoft.{} | as {} |  |  |\n", spelling.name, spelling.becomes);
  }
  for (const IntegerSpelling& spelling : IntegerSpellings()) {
    table += fmt::format("|  | {} | {} |  |  |\n", spelling.name, spelling.becomes);
  }
  return table;
}

}  // namespace qconvert
