// ONNX tensors as constants: every type, and values in the model or beside it.
#include "lib/onnx/initializer.h"

#include <sys/stat.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <onnx.pb.h>

#include "test/support/errors.h"
#include "test/support/run_reference.h"
#include "test/support/scratch_folder.h"

namespace qconvert {
namespace {

namespace fs = std::filesystem;
using onnx::TensorProto;

TensorProto Proto(int type, const std::vector<int64_t>& dims) {
  TensorProto proto;
  proto.set_name("weights");
  proto.set_data_type(type);
  for (int64_t dim : dims) proto.add_dims(dim);
  return proto;
}

template <typename T>
std::string Raw(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

Tensor Read(TensorProto proto, const std::string& folder = "") {
  return ReadInitializer(proto, folder);
}

/// Checks that values of type `To` come from raw bytes, and from a typed field that Add fills.
template <typename From, typename To, typename Add>
void RequireReads(int type, ElementType expected, const std::vector<From>& stored,
                  const std::vector<To>& values, Add add) {
  TensorProto raw = Proto(type, {static_cast<int64_t>(stored.size())}), typed = raw;
  INFO(TensorProto::DataType_Name(type));
  raw.set_raw_data(Raw(stored));
  for (From value : stored) add(typed, value);
  for (const TensorProto& proto : {raw, typed}) {
    const Tensor tensor = Read(proto);
    CHECK(tensor.name == "weights");
    CHECK(tensor.type == expected);
    CHECK(tensor.shape == Shape{static_cast<int64_t>(stored.size())});
    CHECK(ToVector<To>(tensor) == values);
  }
}

TEST_CASE("Every element type becomes one that TFLite computes with", "[onnx]") {
  const auto ints = [](TensorProto& proto, auto value) { proto.add_int32_data(value); };
  const std::vector<float> kFloats = {1, -2.5F};
  RequireReads<float, float>(TensorProto::FLOAT, ElementType::kFloat32, kFloats, kFloats,
                             [](TensorProto& proto, float v) { proto.add_float_data(v); });
  RequireReads<double, float>(TensorProto::DOUBLE, ElementType::kFloat32, {1, -2.5}, kFloats,
                              [](TensorProto& proto, double v) { proto.add_double_data(v); });
  RequireReads<uint16_t, float>(TensorProto::FLOAT16, ElementType::kFloat32, {0x3C00, 0xC100},
                                kFloats, ints);
  RequireReads<uint16_t, float>(TensorProto::BFLOAT16, ElementType::kFloat32, {0x3F80, 0xC020},
                                kFloats, ints);
  const std::vector<int64_t> kLongs = {-(int64_t{1} << 60), 7};
  RequireReads<int64_t, int64_t>(TensorProto::INT64, ElementType::kInt64, kLongs, kLongs,
                                 [](TensorProto& proto, int64_t v) { proto.add_int64_data(v); });
  RequireReads<int32_t, int32_t>(TensorProto::INT32, ElementType::kInt32, {-70000, 7}, {-70000, 7},
                                 ints);
  RequireReads<uint32_t, int64_t>(TensorProto::UINT32, ElementType::kInt64, {4000000000, 7},
                                  {4000000000, 7},
                                  [](TensorProto& proto, uint32_t v) { proto.add_uint64_data(v); });
  RequireReads<int16_t, int16_t>(TensorProto::INT16, ElementType::kInt16, {-300, 7}, {-300, 7},
                                 ints);
  RequireReads<uint16_t, int32_t>(TensorProto::UINT16, ElementType::kInt32, {60000, 7}, {60000, 7},
                                  ints);
  RequireReads<int8_t, int8_t>(TensorProto::INT8, ElementType::kInt8, {-128, 7}, {-128, 7}, ints);
  RequireReads<uint8_t, uint8_t>(TensorProto::UINT8, ElementType::kUInt8, {200, 7}, {200, 7}, ints);
  RequireReads<uint8_t, uint8_t>(TensorProto::BOOL, ElementType::kBool, {0, 1}, {0, 1}, ints);
}

TEST_CASE("Types without a TFLite form are refused by name", "[onnx]") {
  const auto refuses = [](int type, const std::string& name) {
    CHECK_THAT(ErrorOf([&] { Read(Proto(type, {0})); }),
               IsError(ErrorKind::kUnsupported, "tensor 'weights': element type " + name));
  };
  refuses(TensorProto::STRING, "STRING");
  refuses(TensorProto::COMPLEX64, "COMPLEX64");
  refuses(TensorProto::FLOAT8E4M3FN, "FLOAT8E4M3FN");
  refuses(TensorProto::UNDEFINED, "UNDEFINED");
  refuses(7777, "");
}

TEST_CASE("Values that do not fill the shape are refused with both sizes", "[onnx]") {
  const auto refuses = [](const TensorProto& proto, const std::string& reason) {
    CHECK_THAT(ErrorOf([&] { Read(proto); }),
               IsError(ErrorKind::kUnusable, "tensor 'weights': " + reason));
  };
  for (const size_t bytes : {0, 1, 11, 13, 16}) {
    TensorProto raw = Proto(TensorProto::FLOAT, {3});
    raw.set_raw_data(std::string(bytes, '\0'));
    refuses(raw, "it holds " + std::to_string(bytes) + " bytes where shape 3 needs 12");
  }
  TensorProto wrong_field = Proto(TensorProto::FLOAT, {1});
  wrong_field.add_double_data(1);
  refuses(wrong_field, "it holds 0 bytes");
  refuses(Proto(TensorProto::FLOAT, {1, 2}), "it holds 0 bytes where shape 1x2 needs 8");
  refuses(Proto(TensorProto::FLOAT, {-1}), "shape -1 is negative or too large");
  refuses(Proto(TensorProto::FLOAT, {int64_t{1} << 62}), "shape 4611686018427387904 is");
  refuses(Proto(TensorProto::DOUBLE, {int64_t{1} << 31, int64_t{1} << 31}), "shape 2147483648x");
}

TEST_CASE("NaN and infinity are damage, a lone infinity is a bound, -inf a mask", "[onnx]") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto weights = [](const std::vector<float>& values) {
    TensorProto proto = Proto(TensorProto::FLOAT, {static_cast<int64_t>(values.size())});
    proto.set_raw_data(Raw(values));
    return proto;
  };
  for (const auto& values :
       std::vector<std::vector<float>>{{1, nan, 2}, {1, INFINITY}, {-INFINITY, nan}, {nan}}) {
    CHECK_THAT(
        ErrorOf([&] { Read(weights(values)); }),
        IsError(ErrorKind::kUnusable, "tensor 'weights': it holds NaN or infinity, at element"));
  }
  CHECK(ToVector<float>(Read(weights({-INFINITY}))) == std::vector<float>{-INFINITY});
  CHECK(ToVector<float>(Read(weights({0, -INFINITY}))) == std::vector<float>{0, -INFINITY});
  TensorProto half = Proto(TensorProto::FLOAT16, {2});
  half.set_raw_data(Raw<uint16_t>({0x3C00, 0x7E00}));
  CHECK_THAT(ErrorOf([&] { Read(half); }), IsError(ErrorKind::kUnusable, "NaN"));
  TensorProto wide = Proto(TensorProto::DOUBLE, {2});
  wide.set_raw_data(Raw<double>({1, 1e300}));
  CHECK_THAT(ErrorOf([&] { Read(wide); }), IsError(ErrorKind::kUnusable, "infinity"));
}

/// Two floats that lie beside the model.
TensorProto External(const std::vector<std::pair<std::string, std::string>>& entries) {
  TensorProto proto = Proto(TensorProto::FLOAT, {2});
  proto.set_data_location(TensorProto::EXTERNAL);
  for (const auto& [key, value] : entries) {
    auto& entry = *proto.add_external_data();
    entry.set_key(key);
    entry.set_value(value);
  }
  return proto;
}

TEST_CASE("External values are found by offset and length, aligned or not", "[onnx]") {
  const ScratchFolder folder;
  const std::string floats = Raw<float>({1, -2.5F});
  folder.Write("weights.bin", floats + "abc" + floats);
  folder.Write("below/weights.bin", "12345678" + floats);
  const auto reads = [&](const TensorProto& proto) {
    CHECK(ToVector<float>(Read(proto, folder.path())) == std::vector<float>{1, -2.5F});
  };
  reads(External({{"location", "weights.bin"}}));
  reads(External({{"location", "weights.bin"}, {"length", "8"}}));
  reads(External({{"location", "weights.bin"}, {"offset", "11"}, {"length", "8"}}));
  reads(External({{"offset", "8"}, {"location", "below/weights.bin"}, {"checksum", "ignored"}}));
  reads(External({{"location", "below/../weights.bin"}}));
  fs::create_symlink("below/weights.bin", folder / "link.bin");
  reads(External({{"location", "link.bin"}, {"offset", "8"}}));
}

TEST_CASE("A model's folder may itself be reached through a link, or be the current one",
          "[onnx]") {
  const ScratchFolder folder;
  folder.Write("real/weights.bin", Raw<float>({1, -2.5F}));
  fs::create_directory_symlink("real", folder / "link");
  const TensorProto proto = External({{"location", "weights.bin"}});
  CHECK(Read(proto, folder / "link").elements() == 2);
  const fs::path before = fs::current_path();
  fs::current_path(folder / "real");
  CHECK(Read(proto, "").elements() == 2);
  fs::current_path(before);
}

TEST_CASE("External values outside of the model's folder are refused, whatever the way there",
          "[onnx]") {
  const ScratchFolder folder;
  fs::create_directories(folder / "model/below");
  folder.Write("secret.bin", Raw<float>({1, 2}));
  folder.Write("model_2/secret.bin", Raw<float>({1, 2}));
  folder.Write("model/inside.bin", Raw<float>({1, 2}));
  fs::create_symlink("../secret.bin", folder / "model/link.bin");
  fs::create_symlink(folder / "secret.bin", folder / "model/absolute_link.bin");
  fs::create_directory_symlink("..", folder / "model/up");
  for (const std::string& location :
       {std::string("../secret.bin"), std::string("below/../../secret.bin"),
        std::string("../model_2/secret.bin"), std::string("link.bin"),
        std::string("absolute_link.bin"), std::string("up/secret.bin"), folder / "secret.bin",
        folder / "model/inside.bin", std::string("missing/../../secret.bin"), std::string("..")}) {
    INFO(location);
    CHECK_THAT(ErrorOf([&] {
                 Read(External({{"location", location}}), folder / "model");
               }),
               IsError(ErrorKind::kUnusable, "leaves the model's folder"));
  }
}

TEST_CASE("External values that are not there are refused by file", "[onnx]") {
  const ScratchFolder folder;
  folder.Write("weights.bin", Raw<float>({1, 2}));
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  fs::create_symlink("circle", folder / "circle");
  const auto refuses = [&](const TensorProto& proto, const std::string& part) {
    const Error error = ErrorOf([&] { Read(proto, folder.path()); });
    CHECK_THAT(error, IsError(ErrorKind::kUnusable, "tensor 'weights': "));
    CHECK_THAT(error, IsError(ErrorKind::kUnusable, part));
  };
  refuses(External({{"location", "missing.bin"}}), "missing.bin");
  refuses(External({{"location", "."}}), "directory");
  refuses(External({{"location", "pipe"}}), "not a regular file");
  refuses(External({{"location", "circle"}}), "circle");
  refuses(External({{"location", std::string(300, 'n')}}), "nnn");
  refuses(External({{"location", ""}}), "''");
  refuses(External({}), "''");
  const auto refuses_place = [&](const std::string& key, const std::string& value,
                                 const std::string& part) {
    refuses(External({{"location", "weights.bin"}, {key, value}}), part);
  };
  refuses_place("offset", "1", "does not hold its 8 bytes at 1");
  refuses_place("offset", "9", "does not hold its 8 bytes at 9");
  refuses_place("offset", "9223372036854775807", "does not hold");
  refuses_place("offset", "9223372036854775808", "'9223372036854775808'");
  refuses_place("offset", "-1", "'-1'");
  refuses_place("offset", "", "''");
  refuses_place("offset", " 0", "' 0'");
  refuses_place("offset", "0x0", "'0x0'");
  refuses_place("length", "7", "does not hold");
  refuses_place("length", "16", "does not hold");
}

}  // namespace
}  // namespace qconvert
