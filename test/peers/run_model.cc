// Runs models on raw tensors for the comparisons in this folder.
//
//   run_model reference|fast THREADS FOLDER...
//
// FOLDER/model.tflite, or model.onnx when there is none, runs on each sample of
// FOLDER/input_<i>.npy, whose first axis counts samples. FOLDER/<reference|fast>_<i>.npy gets the
// outputs in the same form.
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/base/mapped_file.h"
#include "lib/base/output_file.h"
#include "lib/base/parallel_for.h"
#include "lib/convert/load_model.h"
#include "lib/runner/session.h"
#include "lib/samples/array.h"

namespace qconvert {
namespace {

namespace fs = std::filesystem;

const char* NumpyType(ElementType type) {
  switch (type) {
    case ElementType::kFloat32:
      return "<f4";
    case ElementType::kInt8:
      return "|i1";
    case ElementType::kUInt8:
      return "|u1";
    case ElementType::kInt16:
      return "<i2";
    case ElementType::kInt32:
      return "<i4";
    case ElementType::kInt64:
      return "<i8";
    case ElementType::kBool:
      return "|b1";
    default:
      Fail(ErrorKind::kUnsupported, "outputs of this type");
  }
}

void WriteNpy(const fs::path& path, const Tensor& tensor, size_t samples,
              const std::string& values) {
  std::string shape = std::to_string(samples) + ",";
  for (int64_t dimension : tensor.shape) shape += std::to_string(dimension) + ",";
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}",
                                   NumpyType(tensor.type), shape);
  header.resize((header.size() + 11 + 63) / 64 * 64 - 11, ' ');
  header += '\n';
  const auto bytes = static_cast<uint16_t>(header.size());
  const std::string length{static_cast<char>(bytes & 0xFF), static_cast<char>(bytes >> 8)};
  WriteFile(path.string(), std::string("\x93NUMPY\x01\x00", 8) + length + header + values);
}

Graph Load(const fs::path& folder) {
  const fs::path tflite = folder / "model.tflite";
  if (fs::exists(tflite)) return LoadTflite(tflite.string());
  return LoadOnnx((folder / "model.onnx").string(), {}, Layout::kKeep);
}

/// Returns the samples of input i; a model's dimensions may not be the file's, but the bytes fit.
Array ReadSamples(const Graph& graph, const fs::path& folder, size_t i) {
  const fs::path path = folder / fmt::format("input_{}.npy", i);
  const auto file = MappedFile::Open(path.string());
  Array array = ReadNpy(file->bytes(), file);
  const Tensor& tensor = graph.tensor(graph.inputs[i]);
  const size_t samples = array.shape.empty() ? 0 : static_cast<size_t>(array.shape[0]);
  if (array.type != tensor.type || array.bytes.size() != samples * tensor.bytes()) {
    Fail(ErrorKind::kUnusable, fmt::format("{}: not samples of {} {}", path.string(),
                                           ElementTypeName(tensor.type), ToText(tensor.shape)));
  }
  return array;
}

void RunFolder(const fs::path& folder, const std::string& kernels, ThreadPool& threads) {
  const Graph graph = Load(folder);
  const CompiledGraph compiled(graph,
                               {kernels == "fast" ? KernelSet::kFast : KernelSet::kReference});
  std::vector<Array> inputs;
  for (size_t i = 0; i < graph.inputs.size(); ++i) inputs.push_back(ReadSamples(graph, folder, i));
  const auto samples = static_cast<size_t>(inputs.at(0).shape[0]);
  std::vector<std::string> outputs;
  for (TensorId id : graph.outputs) outputs.emplace_back(samples * graph.tensor(id).bytes(), '\0');
  std::vector<Session> sessions;
  for (int i = 0; i < threads.threads(); ++i) sessions.emplace_back(compiled);
  threads.Run(static_cast<int>(samples), [&](int index, int worker) {
    const auto sample = static_cast<size_t>(index);
    Session& session = sessions[static_cast<size_t>(worker)];
    for (size_t i = 0; i < inputs.size(); ++i) {
      const auto to = session.Input(i);
      std::memcpy(to.data(), inputs[i].bytes.data() + sample * to.size(), to.size());
    }
    session.Run();
    for (size_t i = 0; i < outputs.size(); ++i) {
      const auto from = session.Output(i);
      std::memcpy(outputs[i].data() + sample * from.size(), from.data(), from.size());
    }
  });
  for (size_t i = 0; i < outputs.size(); ++i) {
    WriteNpy(folder / fmt::format("{}_{}.npy", kernels, i), graph.tensor(graph.outputs[i]), samples,
             outputs[i]);
  }
}

int RunAll(int argc, char** argv) {
  if (argc < 4) Fail(ErrorKind::kUsage, "run_model reference|fast THREADS FOLDER...");
  ThreadPool threads(std::atoi(argv[2]));
  for (int i = 3; i < argc; ++i) {
    try {
      RunFolder(argv[i], argv[1], threads);
    } catch (const Error& error) {
      throw error.WithContext(argv[i]);
    }
  }
  return 0;
}

}  // namespace
}  // namespace qconvert

int main(int argc, char** argv) {
  try {
    return qconvert::RunAll(argc, argv);
  } catch (const qconvert::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return error.exit_code();
  }
}
