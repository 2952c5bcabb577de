// Quantization that an ONNX model does itself: rounding, saturation, types and channels.
#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "test/support/errors.h"
#include "test/support/graph_builder.h"
#include "test/support/run_reference.h"

namespace qconvert {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// Returns the integers that a QuantizeLinear makes of reals.
template <typename T>
std::vector<T> QuantizeTo(const QuantizeLinear& op, const std::vector<float>& reals) {
  GraphBuilder b;
  const auto count = static_cast<int64_t>(reals.size());
  b.Output(b.Emit(op, {b.Constant("x", {count}, reals)}));
  const Tensor result = RunReference(b.Build(), {}).front();
  CHECK(result.type == op.to);
  CHECK_FALSE(result.quant);
  return ToVector<T>(result);
}

TEST_CASE("QuantizeLinear rounds halves to even", "[ops]") {
  const std::vector<float> halves = {-2.5F, -1.5F, -0.5F, 0.5F, 1.5F, 2.5F, 0.49999997F};
  CHECK(QuantizeTo<int8_t>({.quant = PerLayer(1, 0)}, halves) ==
        std::vector<int8_t>{-2, -2, 0, 0, 2, 2, 0});
  CHECK(QuantizeTo<int8_t>({.quant = PerLayer(1, 3)}, halves) ==
        std::vector<int8_t>{1, 1, 3, 3, 5, 5, 3});
}

TEST_CASE("QuantizeLinear saturates at both ends of its type", "[ops]") {
  const std::vector<float> beyond = {-kInfinity, -1e30F, 1e30F, kInfinity};
  CHECK(QuantizeTo<int8_t>({.quant = PerLayer(0.1F, 5)}, beyond) ==
        std::vector<int8_t>{-128, -128, 127, 127});
  CHECK(QuantizeTo<uint8_t>({PerLayer(0.1F, 200), 0, 255, ElementType::kUInt8}, beyond) ==
        std::vector<uint8_t>{0, 0, 255, 255});
  CHECK(QuantizeTo<int16_t>({PerLayer(0.1F, -7), INT16_MIN, INT16_MAX, ElementType::kInt16},
                            beyond) ==
        std::vector<int16_t>{INT16_MIN, INT16_MIN, INT16_MAX, INT16_MAX});
  CHECK(QuantizeTo<int32_t>({PerLayer(0.1F, 9), 0, UINT16_MAX, ElementType::kInt32}, beyond) ==
        std::vector<int32_t>{0, 0, UINT16_MAX, UINT16_MAX});
}

TEST_CASE("QuantizeLinear refuses NaN", "[ops]") {
  const auto quantize = [] { QuantizeTo<int8_t>({.quant = PerLayer(1, 0)}, {std::nanf("")}); };
  CHECK_THAT(ErrorOf(quantize), IsError(ErrorKind::kUnusable, "NaN"));
}

TEST_CASE("Each channel has its own scale and zero point", "[ops]") {
  const QuantParams quant{{0.5F, 2}, {1, -1}, 1};
  GraphBuilder b;
  const TensorId x = b.Constant<float>("x", {2, 2, 1}, {1, 4, -3, 6});
  const TensorId q = b.Emit(QuantizeLinear{.quant = quant}, {x}, "q");
  b.Output(q).Output(b.Emit(DequantizeLinear{quant}, {q}, "y"));
  const std::vector<Tensor> results = RunReference(b.Build(), {});
  CHECK(ToVector<int8_t>(results[0]) == std::vector<int8_t>{3, 1, -5, 2});
  CHECK(ToVector<float>(results[1]) == std::vector<float>{1, 4, -3, 6});
}

TEST_CASE("DequantizeLinear reads every integer type exactly", "[ops]") {
  const auto dequantize = [](Tensor x, const QuantParams& quant) {
    GraphBuilder b;
    b.Output(b.Emit(DequantizeLinear{quant}, {b.Add(std::move(x))}));
    return RunFloat(b.Build(), {});
  };
  CHECK(dequantize(MakeConstantTensor<uint8_t>("x", {2}, {0, 255}), PerLayer(0.5F, 128)) ==
        std::vector<float>{-64, 63.5F});
  CHECK(dequantize(MakeConstantTensor<int16_t>("x", {2}, {-32768, 32767}), PerLayer(2, -1)) ==
        std::vector<float>{-65534, 65536});
  CHECK(dequantize(MakeConstantTensor<int32_t>("x", {2}, {-1000000, 65535}), PerLayer(0.25F, 0)) ==
        std::vector<float>{-250000, 16383.75F});
}

TEST_CASE("Nothing computes on integers without a scale", "[ops]") {
  for (const ElementType type : {ElementType::kInt8, ElementType::kUInt8}) {
    const auto refuses = [&](const Operator& op, const Shape& weights = {}) {
      GraphBuilder b;
      std::vector<TensorId> operands = {b.Input("x", {1, 4, 4, 2}, type)};
      if (!weights.empty()) operands.push_back(b.Input("w", weights, type));
      CHECK_THAT(ErrorOf([&] { b.Emit(op, operands); }),
                 IsError(ErrorKind::kUnsupported, std::string(ElementTypeName(type)) + " tensors"));
    };
    refuses(MaxPool2D{2, 2, {}});
    refuses(AveragePool2D{2, 2, {}});
    refuses(ResizeBilinear{8, 8});
    refuses(ArgMax{3});
    refuses(Relu{});
    refuses(Mean{{1, 2}});
    refuses(BatchMatMul{}, {1, 4, 2, 4});
    refuses(Conv2D{}, {3, 1, 1, 2});
    refuses(FullyConnected{}, {3, 2});
  }
}

TEST_CASE("Integers without a scale are padded with zeros", "[ops]") {
  GraphBuilder b;
  const TensorId x = b.Add(MakeConstantTensor<uint8_t>("x", {2}, {7, 255}));
  b.Output(b.Emit(Pad{{1}, {2}, 0}, {x}));
  CHECK(ToVector<uint8_t>(RunReference(b.Build(), {}).front()) ==
        std::vector<uint8_t>{0, 7, 255, 0, 0});
}

TEST_CASE("Parameters of other channels than the operand's are refused", "[ops]") {
  for (const QuantParams& quant : {QuantParams{{1, 1}, {0, 0}, 1}, QuantParams{{1}, {0}, 7},
                                   QuantParams{{1, 1, 1}, {0}, 1}, QuantParams{{}, {}, -1}}) {
    GraphBuilder b;
    const TensorId x = b.Input("x", {2, 3}), q = b.Input("q", {2, 3}, ElementType::kInt8);
    CHECK_THAT(ErrorOf([&] { b.Emit(QuantizeLinear{.quant = quant}, {x}); }),
               IsError(ErrorKind::kUnusable, "per channel"));
    CHECK_THAT(ErrorOf([&] { b.Emit(DequantizeLinear{quant}, {q}); }),
               IsError(ErrorKind::kUnusable, "per channel"));
  }
}

}  // namespace
}  // namespace qconvert
