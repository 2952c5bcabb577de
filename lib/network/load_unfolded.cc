#include "lib/network/load_unfolded.h"

#include "lib/base/error.h"
#include "lib/passes/pipeline.h"

namespace qconvert {

Graph LoadUnfolded(const std::string& path, const ImportOptions& import) {
  Graph graph = ImportOnnx(path, import);
  try {
    RunPasses(kSimplifyingPasses, graph, {});
  } catch (const Error& error) {
    throw error.WithContext(path);
  }
  return graph;
}

}  // namespace qconvert
