// Damaged models: an error that blames the file, or success, and nothing else.
#include <filesystem>
#include <string>

#include <catch2/catch.hpp>
#include <onnx.pb.h>

#include "lib/onnx/import.h"
#include "test/onnx/model_builder.h"
#include "test/support/errors.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

const std::string kModels = QCONVERT_TESTDATA "/fashion_mnist/";

/// Imports bytes as a model of `folder`.
auto ImportIn(const ScratchFolder& folder) {
  return [&folder](std::span<const std::byte> bytes) {
    const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    ImportOnnx(folder.Write("model.onnx", text), {});
  };
}

/// Moves a trained network's weights into a file beside it: what is left is all structure.
std::string Skeleton(const std::string& network, const ScratchFolder& folder) {
  onnx::ModelProto model;
  REQUIRE(model.ParseFromString(ReadBytes(kModels + network)));
  std::string weights;
  for (onnx::TensorProto& tensor : *model.mutable_graph()->mutable_initializer()) {
    if (!tensor.has_raw_data()) continue;
    const auto add = [&tensor](const std::string& key, const std::string& value) {
      auto& entry = *tensor.add_external_data();
      entry.set_key(key);
      entry.set_value(value);
    };
    add("location", "weights.bin");
    add("offset", std::to_string(weights.size()));
    add("length", std::to_string(tensor.raw_data().size()));
    weights += tensor.raw_data();
    tensor.clear_raw_data();
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
  }
  folder.Write("weights.bin", weights);
  return model.SerializeAsString();
}

TEST_CASE("A small model cut off at any byte, or with bits flipped, does no harm", "[onnx]") {
  const ScratchFolder folder;
  ModelBuilder model = ReluModel();
  model.Weights("w", {4, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  model.Node("MatMul", {"y", "w"}, {"z"}, "matmul");
  model.Node("Softmax", {"z"}, {"p"}, "softmax");
  model.Output("p");
  RequireSurvivesTruncation(model.Bytes(), ImportIn(folder));
  RequireSurvivesFlips(model.Bytes(), ImportIn(folder), 3000);
}

TEST_CASE("Trained networks cut off or with bits flipped do no harm", "[onnx]") {
  const ScratchFolder folder;
  for (const char* network : {"mobilenet.onnx", "resnet_bn.onnx"}) {
    const std::string whole = ReadBytes(kModels + network);
    RequireSurvivesTruncation(whole, ImportIn(folder), whole.size() / 200);
    const std::string skeleton = Skeleton(network, folder);
    ImportIn(folder)(AsBytes(skeleton));
    RequireSurvivesTruncation(skeleton, ImportIn(folder), 7);
    RequireSurvivesFlips(skeleton, ImportIn(folder), 400);
  }
}

}  // namespace
}  // namespace qconvert
