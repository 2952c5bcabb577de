#include "lib/tflite/node_reader.h"

#include <numeric>
#include <utility>

#include "tflite_generated.h"
#include <flatbuffers/flatbuffers.h>

#include "lib/base/error.h"
#include "lib/ops/fold.h"

namespace qconvert {

NodeReader::NodeReader(const Graph& graph, const tflite::Operator& source,
                       std::vector<TensorId> inputs, std::vector<TensorId> outputs)
    : graph_(graph),
      source_(source),
      inputs_(std::move(inputs)),
      outputs_(std::move(outputs)),
      order_(inputs_.size()) {
  std::iota(order_.begin(), order_.end(), size_t{0});
}

const void* NodeReader::Options(int type) const {
  return source_.builtin_options_type() == type ? source_.builtin_options() : nullptr;
}

const Tensor& NodeReader::Input(size_t i) const {
  if (!HasInput(i)) Refuse("operand " + std::to_string(i) + " is missing");
  return graph_.tensor(inputs_[i]);
}

const Tensor& NodeReader::Output(size_t i) const {
  if (i >= outputs_.size()) Refuse("output " + std::to_string(i) + " is missing");
  return graph_.tensor(outputs_[i]);
}

std::vector<int64_t> NodeReader::TakeInts(size_t i) { return IntValues(TakeConstant(i)); }

float NodeReader::TakeReal(size_t i) {
  const Tensor& operand = TakeConstant(i);
  if (operand.elements() != 1) Refuse("operand '" + operand.name + "' should be one value");
  if (operand.is_float()) return operand.Values<float>()[0];
  if (operand.type == ElementType::kInt32 || operand.type == ElementType::kInt64) {
    return static_cast<float>(IntValues(operand)[0]);
  }
  const bool wide = operand.type == ElementType::kInt16;
  if ((operand.type != ElementType::kInt8 && !wide) || !operand.quant) {
    Refuse("operand '" + operand.name +
           "' should be float32, int32, int64 or quantized int8 or int16");
  }
  const int q = wide ? operand.Values<int16_t>()[0] : operand.Values<int8_t>()[0];
  return operand.quant->scale() * static_cast<float>(q - operand.quant->zero_point());
}

void NodeReader::SwapOperands(size_t a, size_t b) {
  if (a >= order_.size() || b >= order_.size()) Refuse("an operand is missing");
  std::swap(order_[a], order_[b]);
}

void NodeReader::Refuse(const std::string& reason) const { Fail(ErrorKind::kUnsupported, reason); }

std::vector<TensorId> NodeReader::RemainingInputs() const {
  std::vector<TensorId> remaining;
  for (size_t i : order_) {
    if (taken_.count(i) == 0) remaining.push_back(inputs_[i]);
  }
  while (!remaining.empty() && remaining.back() == kNoTensor) remaining.pop_back();
  return remaining;
}

const Tensor& NodeReader::TakeConstant(size_t i) {
  const Tensor& operand = Input(i);
  if (!operand.is_constant()) {
    Refuse("operand '" + operand.name + "' must be constant, but it is computed");
  }
  taken_.insert(i);
  return operand;
}

}  // namespace qconvert
