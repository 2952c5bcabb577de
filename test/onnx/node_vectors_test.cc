// ONNX's own test vectors, as make_node_vectors.py writes them, through the importer and the
// records' plain loops. A case may be refused with a reason; it may not compute wrong numbers.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <onnx.pb.h>
#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"
#include "lib/onnx/import.h"
#include "lib/ops/op.h"
#include "test/support/run_reference.h"

namespace qconvert {
namespace {

namespace fs = std::filesystem;

ElementType TypeOf(int onnx_type) {
  switch (onnx_type) {
    case onnx::TensorProto::FLOAT:
      return ElementType::kFloat32;
    case onnx::TensorProto::INT64:
      return ElementType::kInt64;
    case onnx::TensorProto::INT32:
      return ElementType::kInt32;
    case onnx::TensorProto::INT16:
      return ElementType::kInt16;
    case onnx::TensorProto::INT8:
      return ElementType::kInt8;
    case onnx::TensorProto::UINT8:
      return ElementType::kUInt8;
    default:
      return ElementType::kBool;
  }
}

template <typename Message>
Message ParseFile(const fs::path& path) {
  Message message;
  std::ifstream file(path, std::ios::binary);
  REQUIRE(message.ParseFromIstream(&file));
  return message;
}

std::vector<Tensor> ReadTensors(const fs::path& folder, const std::string& stem) {
  std::vector<Tensor> tensors;
  for (size_t i = 0;; ++i) {
    const fs::path path = folder / fmt::format("{}_{}.pb", stem, i);
    if (!fs::exists(path)) return tensors;
    const auto proto = ParseFile<onnx::TensorProto>(path);
    const auto bytes = std::as_bytes(std::span(proto.raw_data()));
    Tensor tensor{stem, TypeOf(proto.data_type()), {proto.dims().begin(), proto.dims().end()}};
    tensor.constant = MakeConstant(std::vector<std::byte>(bytes.begin(), bytes.end()));
    tensors.push_back(std::move(tensor));
  }
}

double ValueAt(const Tensor& tensor, size_t i) {
  switch (tensor.type) {
    case ElementType::kFloat32:
      return static_cast<double>(tensor.Values<float>()[i]);
    case ElementType::kInt64:
      return static_cast<double>(tensor.Values<int64_t>()[i]);
    case ElementType::kInt32:
      return tensor.Values<int32_t>()[i];
    case ElementType::kInt16:
      return tensor.Values<int16_t>()[i];
    case ElementType::kInt8:
      return tensor.Values<int8_t>()[i];
    default:
      return tensor.Values<uint8_t>()[i];
  }
}

/// Returns what is wrong with a result; nothing when it is right.
std::string Difference(const Tensor& result, const Tensor& expected, double relative,
                       double absolute) {
  if (result.type != expected.type) return "another element type";
  if (result.shape != expected.shape) {
    return "shape " + ToText(result.shape) + ", expected " + ToText(expected.shape);
  }
  for (size_t i = 0; i < static_cast<size_t>(result.elements()); ++i) {
    const double a = ValueAt(result, i), b = ValueAt(expected, i);
    if (a == b || (std::isnan(a) && std::isnan(b))) continue;
    if (std::abs(a - b) <= absolute + relative * std::abs(b)) continue;
    return fmt::format("[{}] is {}, expected {}", i, a, b);
  }
  return "";
}

struct Outcome {
  bool refused = false;
  std::string reason;  // why it was refused, or what is wrong
};

std::string Compare(const fs::path& folder, const std::vector<Tensor>& results) {
  double relative = 0, absolute = 0;
  std::ifstream(folder / "tolerance") >> relative >> absolute;
  const std::vector<Tensor> expected = ReadTensors(folder, "output");
  for (size_t k = 0; k < results.size(); ++k) {
    const std::string difference = Difference(results[k], expected.at(k), relative, absolute);
    if (!difference.empty()) return fmt::format("output {}: {}", k, difference);
  }
  return "";
}

Outcome RunCase(const fs::path& folder, const std::string& model, std::vector<Tensor> inputs) {
  try {
    const Graph graph = ImportOnnx((folder / model).string(), {});
    inputs.resize(graph.inputs.size());
    return {false, Compare(folder, RunReference(graph, inputs))};
  } catch (const Error& error) {
    std::string reason = error.what();
    const size_t path = reason.find(model);
    if (path != std::string::npos) reason.erase(0, path + model.size() + 2);
    // Some cases' operands hold NaN, which among weights is damage.
    return {error.kind() == ErrorKind::kUnsupported ||
                reason.find("it holds NaN or infinity") != std::string::npos,
            reason};
  } catch (const std::exception& exception) {
    return {false, exception.what()};
  }
}

Outcome RunCase(const fs::path& folder) {
  const std::vector<Tensor> inputs = ReadTensors(folder, "input");
  Outcome outcome = RunCase(folder, "model.onnx", inputs);
  if (!fs::exists(folder / "constants.onnx") || (!outcome.refused && !outcome.reason.empty())) {
    return outcome;
  }
  const Outcome constants = RunCase(folder, "constants.onnx", inputs);
  return constants.refused && !outcome.refused ? outcome : constants;
}

TEST_CASE("ONNX's node vectors are right wherever they are taken", "[onnx]") {
  const fs::path folder = fs::path(QCONVERT_BUILD) / "node_vectors";
  if (!fs::exists(folder / "complete")) {
    WARN("no vectors in " << folder << ": run test/onnx/make_node_vectors.py");
    return;
  }
  int right = 0, refused = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!entry.is_directory()) continue;
    INFO(entry.path().filename().string());
    const Outcome outcome = RunCase(entry.path());
    if (!outcome.refused) CHECK(outcome.reason == "");
    ++(outcome.refused ? refused : right);
  }
  fmt::print("{} vectors right, {} refused with a reason\n", right, refused);
  CHECK(right >= 1160);  // of the pinned package; a reader that refuses everything proves nothing
}

}  // namespace
}  // namespace qconvert
