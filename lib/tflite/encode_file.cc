#include "lib/tflite/encode_file.h"

#include <utility>

#include "lib/tflite/reader.h"
#include "lib/tflite/verify_rules.h"
#include "lib/tflite/writer.h"

namespace qconvert {

EncodedFile EncodeFile(Graph graph, bool allow_extensions, const DumpOptions& dump) {
  RunPasses(kExportPasses, graph, dump);
  std::vector<std::string> names;
  for (const Node& node : graph.nodes()) names.push_back(node.name);
  const SharedBytes bytes = WriteTflite(std::move(graph));
  EncodedFile file{bytes, ReadTflite(*bytes, bytes), std::move(names)};
  VerifyRules(file.graph, allow_extensions);
  return file;
}

}  // namespace qconvert
