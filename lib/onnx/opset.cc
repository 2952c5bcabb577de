#include "lib/onnx/opset.h"

#include <algorithm>
#include <climits>

#include <onnx.pb.h>
#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"

namespace qconvert {
namespace {

constexpr int kOldestIr = 3, kOldestOpset = 7, kNewestOpset = 28;

template <typename Proto>
int64_t DefaultOpset(const Proto& proto) {
  int64_t opset = 0;
  for (const auto& import : proto.opset_import()) {
    if (import.domain().empty() || import.domain() == "ai.onnx") opset = import.version();
  }
  return opset;
}

}  // namespace

int OpsetOf(const onnx::FunctionProto& function) {
  return static_cast<int>(std::clamp<int64_t>(DefaultOpset(function), 0, INT_MAX));
}

int RequireKnownVersions(const onnx::ModelProto& model) {
  if (model.ir_version() < kOldestIr || model.ir_version() > onnx::IR_VERSION) {
    const bool newer = model.ir_version() > onnx::IR_VERSION;
    Fail(newer ? ErrorKind::kUnsupported : ErrorKind::kUnusable,
         fmt::format("IR version {}: we read {} to {}; {}", model.ir_version(), kOldestIr,
                     static_cast<int>(onnx::IR_VERSION),
                     newer ? "it is newer than this qconvert" : "it is no ONNX model, or too old"));
  }
  const int64_t opset = DefaultOpset(model);
  if (opset < kOldestOpset || opset > kNewestOpset) {
    Fail(ErrorKind::kUnsupported,
         fmt::format("opset {}: we read {} to {}", opset, kOldestOpset, kNewestOpset));
  }
  return static_cast<int>(opset);
}

}  // namespace qconvert
