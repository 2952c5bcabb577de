#include "lib/tflite/encode_file.h"

#include <utility>

#include "lib/tflite/reader.h"
#include "lib/tflite/verify_rules.h"
#include "lib/tflite/writer.h"

namespace qconvert {

EncodedFile EncodeFile(Graph graph, bool allow_extensions, const DumpOptions& dump) {
  RunPasses(kExportPasses, graph, dump);
  auto bytes = std::make_shared<const std::vector<std::byte>>(WriteTflite(graph));
  graph = Graph();
  EncodedFile file{bytes, ReadTflite(*bytes, bytes)};
  VerifyRules(file.graph, allow_extensions);
  return file;
}

}  // namespace qconvert
