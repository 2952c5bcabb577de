#include "lib/onnx/known_operators.h"

#include <string>

#include <onnx.pb.h>

#include "lib/base/error.h"
#include "lib/ops/onnx_microsoft.h"

namespace qconvert {
namespace {

constexpr const char* kMicrosoft = "com.microsoft";

}  // namespace

bool IsStandard(const onnx::NodeProto& node) {
  const std::string& type = node.op_type();
  return node.domain().empty() || node.domain() == "ai.onnx" ||
         (node.domain() == kMicrosoft && (type == "QuantizeLinear" || type == "DequantizeLinear"));
}

bool IsNamedQuantized(const onnx::NodeProto& node) {
  const auto named = [&](const char* part) {
    return node.op_type().find(part) != std::string::npos;
  };
  return named("QLinear") || named("DynamicQuantize") || named("Integer") || named("NBits");
}

const OnnxSpelling* SpellingOf(const onnx::NodeProto& node) {
  if (IsStandard(node)) return FindOnnxSpelling(node.op_type());
  return node.domain() == kMicrosoft ? FindMicrosoftSpelling(node.op_type()) : nullptr;
}

bool IsRead(const onnx::NodeProto& node) {
  const std::string& type = node.op_type();
  const bool control = type == "If" || type == "Loop" || type == "Scan";
  return (IsStandard(node) && control) || SpellingOf(node) != nullptr;
}

void FailOnOperator(const onnx::NodeProto& node) {
  std::string reason = "operators of the domain '" + node.domain() + "' are not supported";
  if (node.domain() == std::string(kMicrosoft) + ".nchwc") {
    reason +=
        ": ONNX Runtime wrote them for one processor; let it optimize with ORT_ENABLE_EXTENDED";
  } else if (IsStandard(node) || node.domain() == kMicrosoft) {
    reason = "this operator is not supported (qconvert --list-ops shows which are)";
  }
  Fail(ErrorKind::kUnsupported, reason);
}

}  // namespace qconvert
