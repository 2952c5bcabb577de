// The bytes of an .onnx file -> ModelProto: what import.cc begins with.
#pragma once

namespace onnx {
class ModelProto;
}

namespace qconvert {

class MappedFile;

/// Parses a model; its bytes leave memory as they are read.
///   Throws Error(kUnusable) for what is no ONNX model, is damaged or larger than protobuf allows.
void ParseModel(const MappedFile& file, onnx::ModelProto& model);

}  // namespace qconvert
