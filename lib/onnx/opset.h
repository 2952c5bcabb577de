// Which versions of ONNX a model, or a function of it, is written in.
#pragma once

namespace onnx {
class FunctionProto;
class ModelProto;
}  // namespace onnx

namespace qconvert {

/// Returns the version of the default domain's operator set that a function counts on; 0 when it
/// names none.
int OpsetOf(const onnx::FunctionProto& function);

/// Returns the version of the default domain's operator set that a model counts on.
///   Throws Error(kUnsupported) when we do not read it or the model's IR version,
///   Error(kUnusable) for an IR version that no model has.
int RequireKnownVersions(const onnx::ModelProto& model);

}  // namespace qconvert
