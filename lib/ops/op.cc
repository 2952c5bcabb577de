#include "lib/ops/op.h"

#include "lib/ops/records.h"

namespace qconvert {

std::span<const Op* const> AllOps() { return kRecords; }

const Op& OpOf(const Operator& op) { return *kRecords[op.index()]; }

const OnnxSpelling* FindOnnxSpelling(std::string_view op_type) {
  for (const Op* op : kRecords) {
    for (const OnnxSpelling& spelling : op->onnx) {
      if (spelling.name == op_type) return &spelling;
    }
  }
  for (const OnnxSpelling& spelling : OnnxOnlySpellings()) {
    if (spelling.name == op_type) return &spelling;
  }
  return nullptr;
}

}  // namespace qconvert
