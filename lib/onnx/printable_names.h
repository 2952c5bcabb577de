// The names of an ONNX model as everything behind the importer may show and write them. import.cc
// calls it right after parsing.
#pragma once

namespace onnx {
class ModelProto;
}

namespace qconvert {

/// Makes every name in the model printable (base/printable.h), in branches too; where external data
/// lie stays as it is. One name stays one name, wherever it stands.
void MakeNamesPrintable(onnx::ModelProto& model);

}  // namespace qconvert
