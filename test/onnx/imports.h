// Imports of models that a test builds.
#pragma once

#include <string>

#include "lib/onnx/import.h"
#include "test/onnx/model_builder.h"
#include "test/support/errors.h"

namespace qconvert {

Graph Import(const ModelBuilder& model);

/// Returns the error of an import, which must name the file.
Error RefusalOf(const ModelBuilder& model);

void Refuses(const ModelBuilder& model, ErrorKind kind, const std::string& part);

}  // namespace qconvert
