#include "lib/convert/load_model.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "lib/base/mapped_file.h"
#include "lib/math/drawn_number.h"
#include "lib/onnx/external_files.h"
#include "lib/passes/pipeline.h"
#include "lib/runner/port.h"
#include "lib/samples/picture_notes.h"
#include "lib/tflite/reader.h"

namespace qconvert {

Graph LoadTflite(const std::string& path) {
  try {
    Graph graph = ReadTflite(path);
    RunPasses(kLoadPasses, graph);
    return graph;
  } catch (const Error& error) {
    throw error.WithContext(path);
  }
}

namespace {

/// Returns the bytes of constants as the model stores them: 8-bit integers of a quantized one.
size_t StoredBytes(const Graph& graph) {
  size_t bytes = ConstantBytes(graph);
  for (TensorId id = 0; id < graph.tensor_count(); ++id) {
    const Tensor& tensor = graph.tensor(id);
    if (!tensor.is_constant() || !graph.IsUsed(id) || tensor.constant->grid == nullptr) continue;
    bytes -= tensor.bytes() - static_cast<size_t>(tensor.elements());
  }
  return bytes;
}

}  // namespace

size_t ModelBytes(const std::string& path, const Graph& graph) {
  std::error_code gone;  // RequireUnchanged says so
  const std::uintmax_t file = std::filesystem::file_size(path, gone);
  return std::max<size_t>(StoredBytes(graph), gone ? 0 : file);
}

uint64_t ModelHash(const std::string& path) {
  uint64_t hash = 0;
  std::vector<std::string> files = ExternalFiles(path);
  files.push_back(path);
  for (const std::string& each : files) {
    const auto file = MappedFile::Open(each);
    const auto bytes = file->bytes();
    hash = SeedOf(hash, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  return hash;
}

bool IsTflite(const std::string& path) {
  const auto file = MappedFile::Open(path);
  return file->bytes().size() >= 8 && std::memcmp(file->bytes().data() + 4, "TFL3", 4) == 0;
}

Graph LoadAny(const std::string& path, const ImportOptions& import) {
  return IsTflite(path) ? LoadTflite(path) : LoadOnnx(path, import, Layout::kKeep);
}

std::vector<SampleInput> SampleInputs(const Graph& graph) {
  std::vector<SampleInput> inputs;
  for (const Port& port : InputPorts(graph)) {
    const Tensor& tensor = graph.tensor(port.id);
    const bool real = tensor.is_float() || tensor.quant.has_value();
    inputs.push_back({port.name, port.shape, real ? ElementType::kFloat32 : tensor.type});
  }
  return inputs;
}

std::vector<std::string> DataPaths(const DataOptions& data, const std::string& model) {
  if (!data.paths.empty() || FindTestVectors(model).empty()) return data.paths;
  const auto folder = std::filesystem::path(model).parent_path();
  return {folder.empty() ? "." : folder.string()};
}

Preprocessing PreprocessingOf(const DataOptions& data) {
  const PictureOptions pictures = data.preprocessing.value_or(PictureOptions{});
  Preprocessing preprocessing;
  preprocessing.resize = pictures.resize;
  preprocessing.crop_height = pictures.crop_height;
  preprocessing.crop_width = pictures.crop_width;
  preprocessing.pixel_range = pictures.pixel_range;
  preprocessing.mean = pictures.mean;
  preprocessing.std = pictures.std;
  preprocessing.bgr = pictures.channels == PictureOptions::Channels::kBgr;
  return preprocessing;
}

void AddOtherPictures(const std::vector<std::string>& paths, std::vector<std::string>& warnings) {
  const std::string others = OtherPictures(paths);
  if (others.empty()) return;
  warnings.push_back("pictures that are no JPEG or PNG were left out: " + others);
}

}  // namespace qconvert
