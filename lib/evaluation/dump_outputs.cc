#include "lib/evaluation/dump_outputs.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/base/output_file.h"
#include "lib/math/bootstrap.h"

namespace qconvert {
namespace {

namespace fs = std::filesystem;

constexpr const char* kList = "outputs.json";
constexpr const char* kDrawsFile = "draws.npy";

std::string FileOf(const char* network, size_t output) {
  return fmt::format("{}_{}.npy", network, output);
}

/// Returns the header of an array in numpy's format, version 1.0.
std::string NpyHeader(const char* type, const Shape& shape) {
  std::string dims;
  for (const int64_t dim : shape) dims += fmt::format("{}, ", dim);
  std::string header =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", type, dims);
  constexpr size_t kPrefix = 10;
  header.resize((kPrefix + header.size() + 64) / 64 * 64 - kPrefix - 1, ' ');
  header += '\n';
  const std::string length = {static_cast<char>(header.size() & 255),
                              static_cast<char>(header.size() >> 8)};
  return std::string("\x93NUMPY\x01\x00", 8) + length + header;
}

/// Returns the shape of an output on all samples.
Shape StackedShape(size_t samples, Shape output) {
  if (!output.empty() && output.front() == 1) output.erase(output.begin());
  output.insert(output.begin(), static_cast<int64_t>(samples));
  return output;
}

template <typename T>
void Append(const std::vector<T>& values, std::ofstream& file) {
  file.write(reinterpret_cast<const char*>(values.data()),
             static_cast<std::streamsize>(values.size() * sizeof(T)));
}

}  // namespace

void RequireDumpFolder(const std::string& folder) {
  std::error_code missing;
  if (!fs::exists(folder, missing)) return;
  const bool empty = fs::is_directory(folder, missing) && fs::is_empty(folder, missing);
  if (empty || fs::is_regular_file(fs::path(folder) / kList, missing)) return;
  Fail(ErrorKind::kUsage,
       fmt::format("--dump-outputs '{}' holds other files; choose a new folder", folder));
}

OutputDump::OutputDump(std::string folder, const std::vector<Port>& outputs,
                       const std::vector<std::string>& samples)
    : folder_(std::move(folder)) {
  std::error_code failed;
  fs::create_directories(folder_, failed);
  if (failed)
    Fail(ErrorKind::kIo, fmt::format("cannot create '{}': {}", folder_, failed.message()));
  for (size_t k = 0; k < outputs.size(); ++k) {
    const std::string header = NpyHeader("<f4", StackedShape(samples.size(), outputs[k].shape));
    reference_.push_back(Create(FileOf("reference", k)));
    candidate_.push_back(Create(FileOf("candidate", k)));
    reference_.back() << header;
    candidate_.back() << header;
  }
  WriteDraws(samples.size());
  WriteList(outputs, samples);
}

std::ofstream OutputDump::Create(const std::string& name) {
  const std::string path = folder_ + "/" + name;
  std::ofstream file(path, std::ios::binary);
  if (!file) Fail(ErrorKind::kIo, fmt::format("cannot write '{}': {}", path, std::strerror(errno)));
  return file;
}

void OutputDump::WriteDraws(size_t samples) {
  std::ofstream file = Create(kDrawsFile);
  file << NpyHeader("<i4", {static_cast<int64_t>(kDumpedDraws), static_cast<int64_t>(samples)});
  for (size_t draw = 0; draw < kDumpedDraws; ++draw) Append(DrawnSamples(samples, draw), file);
}

void OutputDump::WriteList(const std::vector<Port>& outputs,
                           const std::vector<std::string>& samples) {
  using Json = nlohmann::ordered_json;
  Json list = {{"outputs", Json::array()}, {"samples", samples}, {"draws", kDrawsFile}};
  for (size_t k = 0; k < outputs.size(); ++k) {
    list["outputs"].push_back({{"name", outputs[k].name},
                               {"reference", FileOf("reference", k)},
                               {"candidate", FileOf("candidate", k)}});
  }
  WriteFile(folder_ + "/" + kList, list.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

void OutputDump::Add(const SampleResult& sample) {
  for (size_t k = 0; k < reference_.size(); ++k) {
    Append(sample.reference[k], reference_[k]);
    Append(sample.candidate[k], candidate_[k]);
  }
}

void OutputDump::Finish() {
  for (auto* files : {&reference_, &candidate_}) {
    for (std::ofstream& file : *files) {
      file.close();
      if (!file) Fail(ErrorKind::kIo, fmt::format("'{}' could not be written whole", folder_));
    }
  }
}

}  // namespace qconvert
