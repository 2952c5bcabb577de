#include "lib/network/load_onnx.h"

#include "lib/base/error.h"
#include "lib/passes/pipeline.h"

namespace qconvert {

Graph LoadOnnx(const std::string& path, const ImportOptions& import, Layout layout,
               const std::string& dump_passes) {
  Graph graph = ImportOnnx(path, import);
  try {
    RunFloatPasses(graph, {dump_passes});
    ApplyLayout(graph, layout);
  } catch (const Error& error) {
    throw error.WithContext(path);
  }
  return graph;
}

}  // namespace qconvert
