// The files that hold a model's weights, wherever in the model they are named.
#include "lib/onnx/external_files.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "test/onnx/model_builder.h"
#include "test/support/errors.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

void SetExternal(onnx::TensorProto& tensor, const std::string& location) {
  tensor.set_data_location(onnx::TensorProto::EXTERNAL);
  for (const auto& [key, value] : {std::pair{"offset", "0"}, {"location", location.c_str()}}) {
    auto& entry = *tensor.add_external_data();
    entry.set_key(key);
    entry.set_value(value);
  }
}

onnx::AttributeProto& Attribute(onnx::NodeProto& node) {
  auto& attribute = *node.add_attribute();
  attribute.set_name("value");
  return attribute;
}

/// Returns a model that names an external file in every kind of place.
ModelBuilder ModelWithFiles() {
  ModelBuilder model = ReluModel();
  for (int i = 0; i < 3; ++i) SetExternal(model.Weights("w", {1}, {}), "weights.bin");
  model.Weights("inside", {1000}, std::vector<float>(1000, 1.5F));
  auto& node = model.Node("If", {"c"}, {"z"});
  SetExternal(*Attribute(node).mutable_t(), "constant.bin");
  SetExternal(*Attribute(node).add_tensors(), "constants.bin");
  SetExternal(*Attribute(node).mutable_g()->add_initializer(), "branch.bin");
  auto& branch = *Attribute(node).add_graphs();
  SetExternal(*Attribute(ModelBuilder::AddNode(branch, "Constant", {}, {"k"})).mutable_t(),
              "sub/deep.bin");
  SetExternal(*Attribute(node).mutable_sparse_tensor()->mutable_values(), "sparse.bin");
  SetExternal(*Attribute(node).add_sparse_tensors()->mutable_indices(), "indices.bin");
  SetExternal(*model.graph().add_sparse_initializer()->mutable_values(), "sparse2.bin");
  SetExternal(*Attribute(*model.proto.add_functions()->add_node()).mutable_t(), "function.bin");
  auto& training = *model.proto.add_training_info();
  SetExternal(*training.mutable_initialization()->add_initializer(), "initial.bin");
  SetExternal(*training.mutable_algorithm()->add_initializer(), "step.bin");
  return model;
}

TEST_CASE("Every file that a tensor of the model names is found once", "[onnx]") {
  const ScratchFolder folder;
  std::vector<std::string> expected;
  for (const char* name :
       {"branch.bin", "constant.bin", "constants.bin", "function.bin", "indices.bin", "initial.bin",
        "sparse.bin", "sparse2.bin", "step.bin", "sub/deep.bin", "weights.bin"}) {
    expected.push_back(folder / name);
  }
  CHECK(ExternalFiles(folder.Write("model.onnx", ModelWithFiles().Bytes())) == expected);
}

TEST_CASE("A model that holds its weights has no external files", "[onnx]") {
  const ScratchFolder folder;
  ModelBuilder model = ReluModel();
  model.Weights("w", {2}, {1, 2});
  CHECK(ExternalFiles(folder.Write("model.onnx", model.Bytes())).empty());
  CHECK(ExternalFiles(folder.Write("empty.onnx", "")).empty());
}

TEST_CASE("Damaged models are walked over without harm", "[onnx]") {
  const ScratchFolder folder;
  const std::string bytes = ModelWithFiles().Bytes();
  const auto walk = [&](std::span<const std::byte> damaged) {
    const std::string text(reinterpret_cast<const char*>(damaged.data()), damaged.size());
    ExternalFiles(folder.Write("damaged.onnx", text));
  };
  RequireSurvivesTruncation(bytes, walk, 7);
  RequireSurvivesFlips(bytes, walk, 500);
}

TEST_CASE("Graphs that are nested without end stop the walk", "[onnx]") {
  const ScratchFolder folder;
  ModelBuilder model;
  onnx::GraphProto* graph = model.proto.mutable_graph();
  for (int depth = 0; depth < 5000; ++depth) {
    graph = Attribute(ModelBuilder::AddNode(*graph, "If", {}, {})).mutable_g();
  }
  SetExternal(*graph->add_initializer(), "deep.bin");
  CHECK(ExternalFiles(folder.Write("model.onnx", model.Bytes())).empty());
}

TEST_CASE("A model that cannot be opened is named", "[onnx]") {
  const ScratchFolder folder;
  CHECK_THAT(ErrorOf([&] { ExternalFiles(folder / "no.onnx"); }),
             IsError(ErrorKind::kUnusable, "cannot read '" + folder / "no.onnx'"));
}

}  // namespace
}  // namespace qconvert
