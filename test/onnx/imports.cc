#include "test/onnx/imports.h"

#include <catch2/catch.hpp>

#include "test/support/scratch_folder.h"

namespace qconvert {

Graph Import(const ModelBuilder& model) {
  const ScratchFolder folder;
  return ImportOnnx(folder.Write("model.onnx", model.Bytes()), {});
}

Error RefusalOf(const ModelBuilder& model) {
  const Error error = ErrorOf([&] { Import(model); });
  CHECK(std::string(error.what()).find("model.onnx: ") != std::string::npos);
  return error;
}

void Refuses(const ModelBuilder& model, ErrorKind kind, const std::string& part) {
  CHECK_THAT(RefusalOf(model), IsError(kind, part));
}

}  // namespace qconvert
