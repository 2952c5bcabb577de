// The shapes and types of a model's inputs.
#include "lib/onnx/input.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "lib/onnx/import.h"
#include "test/onnx/model_builder.h"
#include "test/support/errors.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

using Dims = std::vector<std::string>;

Tensor Read(const Dims& dims, const std::map<std::string, Shape>& shapes = {},
            int type = onnx::TensorProto::FLOAT) {
  ModelBuilder model;
  return InputTensor(model.Input("x", dims, type), {shapes});
}

TEST_CASE("An open first dimension is the batch, and 1", "[onnx]") {
  for (const char* batch : {"batch", "N", "", "0", "-1", "1"}) {
    INFO("'" << batch << "'");
    CHECK(Read({batch, "3", "8", "8"}).shape == Shape{1, 3, 8, 8});
  }
  CHECK(Read({"5", "3"}).shape == Shape{5, 3});
  CHECK(Read({}).shape.empty());
}

TEST_CASE("A batch is open where neither the model nor --shape says it", "[onnx]") {
  const auto leaves_open = [](const Dims& dims, const std::map<std::string, Shape>& shapes) {
    ModelBuilder model;
    return LeavesBatchOpen(model.Input("x", dims, onnx::TensorProto::FLOAT), {shapes});
  };
  for (const char* batch : {"batch", "", "0", "-1"}) CHECK(leaves_open({batch, "3"}, {}));
  CHECK_FALSE(leaves_open({"1", "3"}, {}));
  CHECK_FALSE(leaves_open({}, {}));
  CHECK_FALSE(leaves_open({"batch", "3"}, {{"x", {1, 3}}}));
}

TEST_CASE("Other open dimensions must be given; the error shows how", "[onnx]") {
  const auto refuses = [](const Dims& dims, const std::string& part) {
    CHECK_THAT(ErrorOf([&] { Read(dims); }), IsError(ErrorKind::kUsage, part));
  };
  refuses({"batch", "3", "height", "8"}, "batch x 3 x height x 8");
  refuses({"batch", "3", "height", "8"}, "--shape x:1x3x224x8");
  refuses({"2", ""}, "2 x ?");
  refuses({"1", "-1"}, "--shape x:1x128");
  refuses({"1", "3", "time"}, "--shape x:1x3x128");
  CHECK_THAT(ErrorOf([&] {
               Read({"2", "0", "4"});
             }),
             IsError(ErrorKind::kUnsupported, "2 x 0 x 4 holds no element"));
}

TEST_CASE("--shape fills open dimensions and may change others", "[onnx]") {
  CHECK(Read({"batch", "3", "h", "w"}, {{"x", {4, 3, 16, 24}}}).shape == Shape{4, 3, 16, 24});
  CHECK(Read({"1", "3"}, {{"x", {8, 3}}}).shape == Shape{8, 3});
  CHECK(Read({"1", "3", "224"}, {{"x", {1, 3, 192}}}).shape == Shape{1, 3, 192});
  CHECK(Read({"batch", "3"}, {{"other", {8, 8, 8}}}).shape == Shape{1, 3});
}

TEST_CASE("--shape of another rank than the model's is refused", "[onnx]") {
  for (const Shape& shape : std::vector<Shape>{{1, 3}, {1, 3, 8, 8}, {}}) {
    CHECK_THAT(ErrorOf([&] {
                 Read({"batch", "3", "h"}, {{"x", shape}});
               }),
               IsError(ErrorKind::kUsage, "batch x 3 x h"));
  }
}

TEST_CASE("An input without any shape needs --shape", "[onnx]") {
  ModelBuilder model;
  onnx::ValueInfoProto& input = model.Input("x", {});
  input.mutable_type()->mutable_tensor_type()->clear_shape();
  CHECK_THAT(ErrorOf([&] { InputTensor(input, {}); }),
             IsError(ErrorKind::kUsage, "--shape x:DIMS"));
  CHECK(InputTensor(input, {{{"x", {2, 3}}}}).shape == Shape{2, 3});
}

TEST_CASE("Inputs have the types that TFLite computes with", "[onnx]") {
  using onnx::TensorProto;
  const auto type_of = [](int type) { return Read({"1"}, {}, type).type; };
  for (const int type :
       {TensorProto::FLOAT, TensorProto::FLOAT16, TensorProto::BFLOAT16, TensorProto::DOUBLE}) {
    CHECK(type_of(type) == ElementType::kFloat32);
  }
  CHECK(type_of(TensorProto::INT64) == ElementType::kInt64);
  CHECK(type_of(TensorProto::INT32) == ElementType::kInt32);
  CHECK(type_of(TensorProto::UINT8) == ElementType::kUInt8);
  CHECK(type_of(TensorProto::INT8) == ElementType::kInt8);
  CHECK(type_of(TensorProto::INT16) == ElementType::kInt16);
  CHECK(type_of(TensorProto::BOOL) == ElementType::kBool);
  for (const int type : {0, static_cast<int>(TensorProto::STRING), 16 + 61, -1}) {
    CHECK_THAT(ErrorOf([&] { type_of(type); }), IsError(ErrorKind::kUnsupported, "element type"));
  }
}

TEST_CASE("Inputs that are no tensors, or too large for any memory, are refused", "[onnx]") {
  ModelBuilder model;
  onnx::ValueInfoProto& input = model.Input("x", {"1"});
  input.mutable_type()->mutable_sequence_type();
  CHECK_THAT(ErrorOf([&] { InputTensor(input, {}); }),
             IsError(ErrorKind::kUnsupported, "not a tensor"));
  for (const Dims& dims : std::vector<Dims>{{"1", "9223372036854775807"},
                                            {"4294967296", "4294967296", "4294967296"}}) {
    CHECK_THAT(ErrorOf([&] { Read(dims); }), IsError(ErrorKind::kUnusable, "too large"));
  }
  CHECK_THAT(ErrorOf([&] {
               Read({"1", "3", "20000", "20000"});
             }),
             IsError(ErrorKind::kUnsupported, "1x3x20000x20000 takes more than 2 GB"));
}

TEST_CASE("Errors of an import name the input, and --shape an input that is there", "[onnx]") {
  const ScratchFolder folder;
  ModelBuilder model = ReluModel();
  const std::string good = folder.Write("good.onnx", model.Bytes());
  CHECK_THAT(ErrorOf([&] {
               ImportOnnx(good, {{{"image", {1, 4}}}});
             }),
             IsError(ErrorKind::kUsage, "good.onnx: --shape names 'image', which is no input"));
  model.Input("z", {"1", "width"});
  const std::string open = folder.Write("open.onnx", model.Bytes());
  CHECK_THAT(ErrorOf([&] { ImportOnnx(open, {}); }),
             IsError(ErrorKind::kUsage,
                     "open.onnx: the model leaves the shape of input 'z' (1 x width) open"));
  CHECK(ImportOnnx(open, {{{"z", {1, 9}}}}).tensor(1).shape == Shape{1, 9});
}

TEST_CASE("All inputs whose shapes are open are named at once, with flags for them", "[onnx]") {
  const ScratchFolder folder;
  ModelBuilder model = ReluModel();
  model.Input("picture", {"batch", "3", "height", "width"});
  model.Input("tokens", {"batch", "sequence"}, onnx::TensorProto::INT64);
  const Error error = ErrorOf([&] { ImportOnnx(folder.Write("open.onnx", model.Bytes()), {}); });
  CHECK_THAT(error, IsError(ErrorKind::kUsage,
                            "inputs 'picture' (batch x 3 x height x width), 'tokens' (batch x "
                            "sequence) open"));
  CHECK_THAT(error, IsError(ErrorKind::kUsage, "--shape picture:1x3x224x224 --shape tokens:1x128"));
}

}  // namespace
}  // namespace qconvert
