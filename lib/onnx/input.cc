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
    case onnx::TensorProto::INT16:
      return ElementType::kInt16;
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

/// Returns a size that a network with such a dimension may well have.
int64_t ExampleOf(const std::string& name, int axis, int rank, bool real) {
  const auto has = [&](std::string_view part) { return name.find(part) != std::string::npos; };
  if (axis == 0 || has("batch")) return 1;
  if (has("seq") || has("len") || has("time") || has("token") || !real) return 128;
  if (rank >= 4) return axis == 1 ? 3 : 224;
  return rank == 3 && axis == 2 ? 16000 : 128;
}

/// Returns the flag that says an input's shape, with the dimensions that the model states.
std::string ExampleFlag(const onnx::ValueInfoProto& input) {
  const auto& type = input.type().tensor_type();
  const bool real =
      type.elem_type() != onnx::TensorProto::INT64 && type.elem_type() != onnx::TensorProto::INT32;
  if (!type.has_shape()) return "--shape " + input.name() + ":DIMS";
  std::string example;
  for (int i = 0; i < type.shape().dim_size(); ++i) {
    const auto& dim = type.shape().dim(i);
    const int64_t size = dim.dim_value() > 0
                             ? dim.dim_value()
                             : ExampleOf(dim.dim_param(), i, type.shape().dim_size(), real);
    example += (i == 0 ? "" : "x") + std::to_string(size);
  }
  return "--shape " + input.name() + ":" + example;
}

Shape InputShape(const std::string& name, const onnx::TensorShapeProto& proto, bool known,
                 const ImportOptions& options) {
  const auto given = options.shapes.find(name);
  if (given != options.shapes.end()) {
    if (!known || static_cast<size_t>(proto.dim_size()) == given->second.size()) {
      return given->second;
    }
    Fail(ErrorKind::kUsage,
         fmt::format("--shape says {}, the model says {}", ToText(given->second), DimsText(proto)));
  }
  Shape shape;
  for (const auto& dim : proto.dim()) {
    if (!shape.empty() && dim.has_dim_value() && dim.dim_value() == 0) {
      Fail(ErrorKind::kUnsupported, "its shape " + DimsText(proto) + " holds no element");
    }
    shape.push_back(dim.dim_value() > 0 ? dim.dim_value() : 1);
  }
  return shape;
}

}  // namespace

bool NeedsShape(const onnx::ValueInfoProto& input, const ImportOptions& options) {
  if (!input.type().has_tensor_type() || options.shapes.count(input.name()) != 0) return false;
  const auto& type = input.type().tensor_type();
  if (!type.has_shape()) return true;
  for (int i = 1; i < type.shape().dim_size(); ++i) {
    const auto& dim = type.shape().dim(i);
    if (!dim.has_dim_value() || dim.dim_value() < 0) return true;
  }
  return false;
}

bool LeavesBatchOpen(const onnx::ValueInfoProto& input, const ImportOptions& options) {
  const onnx::TensorShapeProto& shape = input.type().tensor_type().shape();
  return options.shapes.count(input.name()) == 0 && shape.dim_size() > 0 &&
         shape.dim(0).dim_value() <= 0;
}

void FailOnOpenShapes(const std::vector<const onnx::ValueInfoProto*>& inputs) {
  std::string shapes, flags;
  for (const onnx::ValueInfoProto* input : inputs) {
    const auto& type = input->type().tensor_type();
    shapes += fmt::format("{} '{}' ({})", shapes.empty() ? "" : ",", input->name(),
                          type.has_shape() ? DimsText(type.shape()) : "of unknown rank");
    flags += " " + ExampleFlag(*input);
  }
  Fail(ErrorKind::kUsage,
       fmt::format("the model leaves the shape of {}{} open; say which, for example{}",
                   inputs.size() == 1 ? "input" : "inputs", shapes, flags));
}

Tensor InputTensor(const onnx::ValueInfoProto& input, const ImportOptions& options) {
  if (!input.type().has_tensor_type()) Fail(ErrorKind::kUnsupported, "it is not a tensor");
  if (NeedsShape(input, options)) FailOnOpenShapes({&input});
  const auto& type = input.type().tensor_type();
  Tensor tensor{input.name(), InputType(type.elem_type()),
                InputShape(input.name(), type.shape(), type.has_shape(), options)};
  if (tensor.bytes() > INT32_MAX) {
    Fail(ErrorKind::kUnsupported, "its shape " + ToText(tensor.shape) + " takes more than 2 GB");
  }
  return tensor;
}

}  // namespace qconvert
