#include "lib/ops/activation.h"

#include "tflite_generated.h"

#include "lib/base/error.h"

namespace qconvert {

int ToTflite(Activation activation) {
  switch (activation) {
    case Activation::kRelu:
      return tflite::ActivationFunctionType_RELU;
    case Activation::kReluN1To1:
      return tflite::ActivationFunctionType_RELU_N1_TO_1;
    case Activation::kRelu6:
      return tflite::ActivationFunctionType_RELU6;
    default:
      return tflite::ActivationFunctionType_NONE;
  }
}

Activation ActivationFromTflite(int type) {
  switch (type) {
    case tflite::ActivationFunctionType_NONE:
      return Activation::kNone;
    case tflite::ActivationFunctionType_RELU:
      return Activation::kRelu;
    case tflite::ActivationFunctionType_RELU_N1_TO_1:
      return Activation::kReluN1To1;
    case tflite::ActivationFunctionType_RELU6:
      return Activation::kRelu6;
    default:
      Fail(ErrorKind::kUnsupported, "fused activation " + std::to_string(type));
  }
}

}  // namespace qconvert
