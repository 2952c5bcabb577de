// Which operators of which domains the importer knows.
#pragma once

#include "lib/ops/op.h"

namespace onnx {
class NodeProto;
}

namespace qconvert {

/// Returns whether an operator is defined as in ONNX's own domain. ONNX Runtime writes 16-bit
/// quantization in its domain, because old operator sets lack it.
bool IsStandard(const onnx::NodeProto& node);

/// Returns whether an operator computes on integers that stand for real numbers, by its name.
bool IsNamedQuantized(const onnx::NodeProto& node);

/// Returns how an operator is read; null when it is not supported, or when it is an If, Loop or
/// Scan.
const OnnxSpelling* SpellingOf(const onnx::NodeProto& node);

/// Returns whether we know how to read an operator, wherever it stands.
bool IsRead(const onnx::NodeProto& node);

/// Throws Error(kUnsupported) with the reason why an operator is not read.
[[noreturn]] void FailOnOperator(const onnx::NodeProto& node);

}  // namespace qconvert
