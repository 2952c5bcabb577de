#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "lib/base/error.h"
#include "lib/math/float16.h"
#include "test/support/errors.h"
#include "test/support/graph_builder.h"
#include "test/support/prepared.h"
#include "test/support/random.h"
#include "test/support/run_reference.h"
#include "test/support/within_steps.h"

namespace qconvert {
namespace {

template <typename To, typename From>
std::vector<To> CastTo(ElementType type, std::vector<From> x) {
  GraphBuilder b;
  const auto size = static_cast<int64_t>(x.size());
  b.Output(b.Emit(Cast{type}, {b.Constant("x", {size}, std::move(x))}));
  return ToVector<To>(RunReference(b.Build(), {}).front());
}

Tensor Half(std::vector<float> values) {
  std::vector<uint16_t> bits;
  for (float v : values) bits.push_back(ToFloat16(v));
  Tensor tensor{"half", ElementType::kFloat16, {static_cast<int64_t>(bits.size())}};
  tensor.constant = MakeConstant(std::move(bits));
  return tensor;
}

TEST_CASE("Cast truncates, and saturates where C++ is undefined", "[ops]") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  CHECK(CastTo<int32_t, float>(ElementType::kInt32, {1.9F, -1.9F, 1e20F, -kInfinity}) ==
        std::vector<int32_t>{1, -1, std::numeric_limits<int32_t>::max(),
                             std::numeric_limits<int32_t>::min()});
  CHECK(CastTo<int64_t, float>(ElementType::kInt64, {std::nanf(""), 3e9F}) ==
        std::vector<int64_t>{0, 3000000000});
  CHECK(CastTo<float, int64_t>(ElementType::kFloat32, {1, -7}) == std::vector<float>{1, -7});
  CHECK(CastTo<int32_t, int64_t>(ElementType::kInt32, {(1LL << 32) + 5}) ==
        std::vector<int32_t>{5});
  CHECK(CastTo<uint8_t, float>(ElementType::kBool, {0, 0.5F, -2}) == std::vector<uint8_t>{0, 1, 1});
  CHECK(CastTo<float, double>(ElementType::kFloat32, {0.5, 1e300}) ==
        std::vector<float>{0.5F, kInfinity});
}

TEST_CASE("Cast and Dequantize widen halves exactly", "[ops]") {
  for (const Operator& op : {Operator{Cast{}}, Operator{Dequantize{}}}) {
    GraphBuilder b;
    b.Output(b.Emit(op, {b.Add(Half({0.5F, -65504, 0.0999755859375F}))}));
    CHECK(RunFloat(b.Build(), {}) == std::vector<float>{0.5F, -65504, 0.0999755859375F});
  }
}

TEST_CASE("Quantize and Dequantize are inverse within half a step", "[ops]") {
  const std::vector<float> x = RandomFloats(12, 1);
  GraphBuilder b;
  const TensorId id = b.Constant("x", {2, 2, 3}, x);
  SECTION("per layer") {
    const TensorId q = b.Emit(Quantize{}, {id}, "q", ElementType::kInt8, PerLayer(0.01F, 5));
    b.Output(b.Emit(Dequantize{}, {q}));
  }
  SECTION("per channel") {
    const QuantParams channels{{0.01F, 0.02F, 0.01F}, {0, 0, 0}, 2};
    const TensorId q = b.Emit(Quantize{}, {id}, "q", ElementType::kInt8, channels);
    b.Output(b.Emit(Dequantize{}, {q}));
  }
  SECTION("to 16 bits") {
    const TensorId q = b.Emit(Quantize{}, {id}, "q", ElementType::kInt16, PerLayer(1e-4F, 0));
    b.Output(b.Emit(Dequantize{}, {q}));
  }
  CHECK_THAT(RunFloat(b.Build(), {}), WithinError(x, 0.0101));
}

TEST_CASE("Quantize saturates and refuses NaN", "[ops]") {
  GraphBuilder b;
  const TensorId x = b.Constant<float>("x", {3}, {100, -100, 0});
  b.Output(b.Emit(Quantize{}, {x}, "q", ElementType::kInt8, PerLayer(0.1F, 5)));
  CHECK(ToVector<int8_t>(RunReference(b.Build(), {}).front()) == std::vector<int8_t>{127, -128, 5});
  GraphBuilder n;
  const TensorId nan = n.Constant<float>("x", {1}, {std::nanf("")});
  n.Output(n.Emit(Quantize{}, {nan}, "q", ElementType::kInt8, PerLayer(0.1F, 5)));
  CHECK_THROWS_AS(RunReference(n.Build(), {}), Error);
}

TEST_CASE("Quantize rescales between integers", "[ops]") {
  GraphBuilder b;
  Tensor x = MakeConstantTensor<int8_t>("x", {4}, {-128, 0, 10, 127});
  x.quant = PerLayer(0.02F, 0);
  const TensorId id = b.Add(x);
  b.Output(b.Emit(Quantize{}, {id}, "u", ElementType::kUInt8, PerLayer(0.02F, 128)));
  b.Output(b.Emit(Quantize{}, {id}, "q", ElementType::kInt8, PerLayer(0.01F, 7)));
  const std::vector<Tensor> results = RunReference(b.Build(), {});
  CHECK(ToVector<uint8_t>(results[0]) == std::vector<uint8_t>{0, 128, 138, 255});
  CHECK(ToVector<int8_t>(results[1]) == std::vector<int8_t>{-128, 7, 27, 127});
}

TEST_CASE("Dequantize gives reals, whatever a file says of its result", "[ops]") {
  GraphBuilder b;
  const TensorId x = b.Input("x", {64}, ElementType::kInt8, PerLayer(0.5F, 0));
  b.Output(b.Emit(Dequantize{}, {x}, "y", ElementType::kInt8, PerLayer(0.5F, 0)));
  const Graph graph = b.Build();
  CHECK_THAT(ErrorOf([&] { RunReference(graph, RandomInputs(graph, 1)); }),
             IsError(ErrorKind::kUnsupported, "Dequantize of int8 tensors"));
  CHECK(Prepared(graph).kernel == nullptr);
}

TEST_CASE("Parameters that do not fit their tensor are refused", "[ops]") {
  for (const QuantParams& quant :
       {QuantParams{{0.1F, 0.1F}, {0, 0}, 1}, QuantParams{{0.1F}, {0}, 7},
        QuantParams{{0.1F, 0.1F, 0.1F}, {0}, 1}, QuantParams{{}, {}, -1}}) {
    GraphBuilder b;
    Tensor x = MakeConstantTensor<int8_t>("x", {2, 3}, {1, 2, 3, 4, 5, 6});
    x.quant = quant;
    b.Output(b.Emit(Dequantize{}, {b.Add(x)}));
    CHECK_THROWS_AS(RunReference(b.Build(), {}), Error);
  }
}

}  // namespace
}  // namespace qconvert
