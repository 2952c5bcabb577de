#include "lib/onnx/input.h"

#include <onnx.pb.h>
#include <spdlog/fmt/fmt.h>

#include "lib/base/error.h"

namespace qconvert {
namespace {

/// Returns the dimensions as ONNX writes them, such as "batch x 3 x ? x ?".
std::string DimsText(const onnx::TensorShapeProto& shape) {
  std::string text;
  for (const auto& dim : shape.dim()) {
    if (!text.empty()) text += " x ";
    text += dim.has_dim_value()       ? std::to_string(dim.dim_value())
            : dim.dim_param().empty() ? "?"
                                      : dim.dim_param();
  }
  return text;
}

ElementType InputType(int onnx_type) {
  switch (onnx_type) {
    case onnx::TensorProto::FLOAT:
    case onnx::TensorProto::FLOAT16:
    case onnx::TensorProto::DOUBLE:
    case onnx::TensorProto::BFLOAT16:
      return ElementType::kFloat32;
    case onnx::TensorProto::INT64:
      return ElementType::kInt64;
    case onnx::TensorProto::INT32:
      return ElementType::kInt32;
    case onnx::TensorProto::UINT8:
      return ElementType::kUInt8;
    case onnx::TensorProto::INT8:
      return ElementType::kInt8;
    case onnx::TensorProto::BOOL:
      return ElementType::kBool;
    default:
      Fail(ErrorKind::kUnsupported,
           "element type " + onnx::TensorProto::DataType_Name(onnx_type) + " is not supported");
  }
}

[[noreturn]] void FailSymbolic(const std::string& name, const onnx::TensorShapeProto& proto) {
  std::string example;
  for (int i = 0; i < proto.dim_size(); ++i) {
    const int64_t value = proto.dim(i).dim_value();
    example += (i == 0 ? "" : "x") + std::to_string(value > 0 ? value : i == 0 ? 1 : 224);
  }
  Fail(ErrorKind::kUsage, fmt::format("its shape is {}; say which, for example --shape {}:{}",
                                      DimsText(proto), name, example));
}

void RequireFits(const Shape& given, const onnx::TensorShapeProto& proto, bool known) {
  bool fits = !known || static_cast<size_t>(proto.dim_size()) == given.size();
  for (int i = 1; known && fits && i < proto.dim_size(); ++i) {
    const int64_t value = proto.dim(i).dim_value();
    fits = value <= 0 || value == given[static_cast<size_t>(i)];
  }
  if (!fits) {
    Fail(ErrorKind::kUsage,
         fmt::format("--shape says {}, the model says {}", ToText(given), DimsText(proto)));
  }
}

Shape InputShape(const std::string& name, const onnx::TensorShapeProto& proto, bool known,
                 const ImportOptions& options) {
  const auto given = options.shapes.find(name);
  if (given != options.shapes.end()) {
    RequireFits(given->second, proto, known);
    return given->second;
  }
  Shape shape;
  for (int i = 0; known && i < proto.dim_size(); ++i) {
    const bool fixed = proto.dim(i).has_dim_value() && proto.dim(i).dim_value() > 0;
    if (!fixed && i > 0) FailSymbolic(name, proto);
    shape.push_back(fixed ? proto.dim(i).dim_value() : 1);
  }
  if (!known) Fail(ErrorKind::kUsage, "its shape is not known; give --shape " + name + ":DIMS");
  return shape;
}

}  // namespace

Tensor InputTensor(const onnx::ValueInfoProto& input, const ImportOptions& options) {
  if (!input.type().has_tensor_type()) Fail(ErrorKind::kUnsupported, "it is not a tensor");
  const auto& type = input.type().tensor_type();
  Tensor tensor{input.name(), InputType(type.elem_type()),
                InputShape(input.name(), type.shape(), type.has_shape(), options)};
  if (tensor.bytes() > INT32_MAX) {
    Fail(ErrorKind::kUnsupported, "its shape " + ToText(tensor.shape) + " takes more than 2 GB");
  }
  return tensor;
}

}  // namespace qconvert
