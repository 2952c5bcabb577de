// ONNX tensors in files: values in raw bytes and in typed fields.
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <onnx.pb.h>

#include "lib/samples/array.h"
#include "test/samples/array_files.h"
#include "test/support/errors.h"

namespace qconvert {
namespace {

using onnx::TensorProto;

TensorProto Proto(int type, std::vector<int64_t> dims) {
  TensorProto proto;
  proto.set_data_type(type);
  for (int64_t dim : dims) proto.add_dims(dim);
  return proto;
}

template <typename T>
TensorProto RawProto(int type, const std::vector<T>& values) {
  TensorProto proto = Proto(type, {static_cast<int64_t>(values.size())});
  proto.set_raw_data(Raw(values));
  return proto;
}

Array Read(const TensorProto& proto) { return ReadTensorProto(AsBytes(proto.SerializeAsString())); }

template <typename T>
void RequireReads(const TensorProto& proto, ElementType type, const std::vector<T>& values) {
  INFO(proto.ShortDebugString());
  const Array array = Read(proto);
  CHECK(array.type == type);
  CHECK(array.shape == Shape{static_cast<int64_t>(values.size())});
  CHECK(ValuesOf<T>(array) == values);
}

TEST_CASE("Raw bytes of every type are read", "[samples]") {
  const auto requires_raw = [](int type, ElementType expected, const auto& values) {
    RequireReads(RawProto(type, values), expected, values);
  };
  requires_raw(TensorProto::FLOAT, ElementType::kFloat32, std::vector<float>{1, -2.5F});
  requires_raw(TensorProto::DOUBLE, ElementType::kFloat64, std::vector<double>{1, -2.5});
  requires_raw(TensorProto::FLOAT16, ElementType::kFloat16, std::vector<uint16_t>{0x3C00});
  requires_raw(TensorProto::INT8, ElementType::kInt8, std::vector<int8_t>{-128, 127});
  requires_raw(TensorProto::UINT8, ElementType::kUInt8, std::vector<uint8_t>{0, 255});
  requires_raw(TensorProto::INT16, ElementType::kInt16, std::vector<int16_t>{-300, 300});
  requires_raw(TensorProto::INT32, ElementType::kInt32, std::vector<int32_t>{-70000, 1});
  requires_raw(TensorProto::INT64, ElementType::kInt64, std::vector<int64_t>{int64_t{1} << 60});
  requires_raw(TensorProto::BOOL, ElementType::kBool, std::vector<uint8_t>{1, 0});
}

TEST_CASE("Typed fields of every type are read", "[samples]") {
  TensorProto floats = Proto(TensorProto::FLOAT, {2});
  floats.add_float_data(1);
  floats.add_float_data(-2.5F);
  RequireReads<float>(floats, ElementType::kFloat32, {1, -2.5F});
  TensorProto doubles = Proto(TensorProto::DOUBLE, {1});
  doubles.add_double_data(1e300);
  RequireReads<double>(doubles, ElementType::kFloat64, {1e300});
  TensorProto longs = Proto(TensorProto::INT64, {1});
  longs.add_int64_data(-(int64_t{1} << 60));
  RequireReads<int64_t>(longs, ElementType::kInt64, {-(int64_t{1} << 60)});
  const auto narrow = [](int type, int32_t value) {
    TensorProto proto = Proto(type, {1});
    proto.add_int32_data(value);
    return proto;
  };
  RequireReads<int32_t>(narrow(TensorProto::INT32, -70000), ElementType::kInt32, {-70000});
  RequireReads<int16_t>(narrow(TensorProto::INT16, -300), ElementType::kInt16, {-300});
  RequireReads<int8_t>(narrow(TensorProto::INT8, -5), ElementType::kInt8, {-5});
  RequireReads<uint8_t>(narrow(TensorProto::UINT8, 200), ElementType::kUInt8, {200});
  RequireReads<uint16_t>(narrow(TensorProto::FLOAT16, 0xC000), ElementType::kFloat16, {0xC000});
  RequireReads<uint8_t>(narrow(TensorProto::BOOL, 1), ElementType::kBool, {1});
}

TEST_CASE("A tensor whose values do not fill its shape is refused", "[samples]") {
  const auto refuses = [](const TensorProto& proto, const std::string& reason) {
    CHECK_THAT(ErrorOf([&] { Read(proto); }), IsError(ErrorKind::kUnusable, reason));
  };
  TensorProto proto = RawProto<float>(TensorProto::FLOAT, {1, 2});
  proto.mutable_raw_data()->pop_back();
  refuses(proto, "do not fill its shape 2");
  proto = RawProto<float>(TensorProto::FLOAT, {1, 2, 3});
  proto.set_dims(0, 2);
  refuses(proto, "do not fill its shape 2");
  refuses(Proto(TensorProto::FLOAT, {1}), "do not fill");
  refuses(Proto(TensorProto::FLOAT, {-1}), "negative");
  refuses(Proto(TensorProto::FLOAT, {int64_t{1} << 62}), "too large");
  refuses(Proto(TensorProto::FLOAT, {int64_t{1} << 32, int64_t{1} << 32}), "too large");
  refuses(Proto(TensorProto::STRING, {1}), "type is not supported");
  refuses(Proto(77, {1}), "type is not supported");
  TensorProto elsewhere = Proto(TensorProto::FLOAT, {1});
  elsewhere.set_data_location(TensorProto::EXTERNAL);
  refuses(elsewhere, "do not fill");
}

TEST_CASE("Damaged tensor files do no harm", "[samples]") {
  const std::string bytes = RawProto<float>(TensorProto::FLOAT, {1, 2, 3, 4}).SerializeAsString();
  RequireSurvivesTruncation(bytes, [](auto damaged) { ReadTensorProto(damaged); });
  RequireSurvivesFlips(
      bytes, [](auto damaged) { ReadTensorProto(damaged); }, 5000);
}

}  // namespace
}  // namespace qconvert
