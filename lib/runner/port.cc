#include "lib/runner/port.h"

#include <algorithm>
#include <cstring>

#include "lib/base/error.h"
#include "lib/graph/port_layout.h"
#include "lib/math/quantize.h"

namespace qconvert {
namespace {

constexpr size_t kRank = 4;

std::vector<Port> MakePorts(const Graph& graph, const std::vector<TensorId>& ids,
                            const std::vector<std::string>& names) {
  std::vector<Port> ports;
  for (size_t i = 0; i < ids.size(); ++i) {
    const Tensor& tensor = graph.tensor(ids[i]);
    Port port{i < names.size() ? names[i] : tensor.name, ids[i], tensor.shape, false};
    port.nhwc = NotedLayout(graph, port.name) == Layout::kNhwc && tensor.rank() == kRank;
    if (port.nhwc) port.shape = NchwShape(tensor.shape);
    ports.push_back(std::move(port));
  }
  return ports;
}

/// Copies [N,rows,columns] to [N,columns,rows].
template <typename T>
void TransposeInner(std::span<const T> from, int64_t batch, int64_t rows, int64_t columns,
                    std::span<T> to) {
  for (int64_t n = 0; n < batch; ++n) {
    const int64_t base = n * rows * columns;
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < columns; ++c) {
        to[static_cast<size_t>(base + c * rows + r)] =
            from[static_cast<size_t>(base + r * columns + c)];
      }
    }
  }
}

template <typename T>
void QuantizeInto(std::span<const float> real, const QuantParams& quant, IntegerLimits limits,
                  std::span<std::byte> destination) {
  QuantizeValues<T>(real, {quant.scale(), quant.zero_point()}, limits,
                    {reinterpret_cast<T*>(destination.data()), real.size()});
}

/// Copies a value of [N,C,H,W] to [N,H,W,C].
void PermuteToNhwc(const Shape& nchw, size_t element_bytes, std::span<const std::byte> from,
                   std::span<std::byte> to) {
  const auto transpose = [&]<typename T>(T) {
    TransposeInner<T>({reinterpret_cast<const T*>(from.data()), from.size() / sizeof(T)}, nchw[0],
                      nchw[1], nchw[2] * nchw[3],
                      {reinterpret_cast<T*>(to.data()), to.size() / sizeof(T)});
  };
  switch (element_bytes) {
    case 1:
      return transpose(uint8_t{});
    case 2:
      return transpose(uint16_t{});
    case 4:
      return transpose(uint32_t{});
    default:
      return transpose(uint64_t{});
  }
}

void StoreReals(const Tensor& tensor, std::span<const float> real,
                std::span<std::byte> destination) {
  if (tensor.type == ElementType::kInt8) {
    QuantizeInto<int8_t>(real, *tensor.quant, kInt8Limits, destination);
  } else if (tensor.type == ElementType::kUInt8) {
    QuantizeInto<uint8_t>(real, *tensor.quant, kUInt8Limits, destination);
  } else if (tensor.type == ElementType::kInt16) {
    QuantizeInto<int16_t>(real, *tensor.quant, kInt16Limits, destination);
  } else if (tensor.is_float()) {
    std::copy_n(reinterpret_cast<const std::byte*>(real.data()), real.size_bytes(),
                destination.begin());
  } else {
    Fail(ErrorKind::kUnsupported,
         "quantized values of type " + std::string(ElementTypeName(tensor.type)));
  }
}

template <typename T>
std::vector<float> Reals(const Tensor& tensor, std::span<const std::byte> bytes) {
  const std::span values(reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T));
  if constexpr (sizeof(T) <= 2) {
    if (tensor.quant) {
      std::vector<float> real(values.size());
      DequantizeValues<T>(values, {tensor.quant->scale(), tensor.quant->zero_point()}, real);
      return real;
    }
  }
  return {values.begin(), values.end()};
}

void StoreValue(const Tensor& tensor, const Port& port, std::span<const std::byte> value,
                std::span<std::byte> destination) {
  const bool real = tensor.is_float() || tensor.quant.has_value();
  const auto elements = static_cast<size_t>(tensor.elements());
  const size_t element_bytes = real ? sizeof(float) : ElementBytes(tensor.type);
  if (value.size() != elements * element_bytes) {
    Fail(ErrorKind::kUnusable, "takes " + std::to_string(elements * element_bytes) +
                                   " bytes, the sample has " + std::to_string(value.size()));
  }
  thread_local std::vector<std::byte> permuted;
  if (port.nhwc) {
    permuted.resize(value.size());
    PermuteToNhwc(port.shape, element_bytes, value, permuted);
    value = permuted;
  }
  if (real) {
    StoreReals(tensor, {reinterpret_cast<const float*>(value.data()), elements}, destination);
  } else {
    std::memcpy(destination.data(), value.data(), value.size());
  }
}

}  // namespace

std::vector<Port> InputPorts(const Graph& graph) {
  return MakePorts(graph, graph.inputs, graph.input_names);
}

std::vector<Port> OutputPorts(const Graph& graph) {
  return MakePorts(graph, graph.outputs, graph.output_names);
}

Shape NchwShape(const Shape& nhwc) { return {nhwc[0], nhwc[3], nhwc[1], nhwc[2]}; }

void WriteInput(const Graph& graph, const Port& port, std::span<const std::byte> value,
                std::span<std::byte> destination) {
  try {
    StoreValue(graph.tensor(port.id), port, value, destination);
  } catch (const Error& error) {
    throw error.WithContext("input '" + port.name + "'");
  }
}

std::vector<float> RealValues(const Tensor& tensor, std::span<const std::byte> bytes) {
  switch (tensor.type) {
    case ElementType::kFloat32:
      return Reals<float>(tensor, bytes);
    case ElementType::kInt8:
      return Reals<int8_t>(tensor, bytes);
    case ElementType::kUInt8:
    case ElementType::kBool:
      return Reals<uint8_t>(tensor, bytes);
    case ElementType::kInt16:
      return Reals<int16_t>(tensor, bytes);
    case ElementType::kInt32:
      return Reals<int32_t>(tensor, bytes);
    case ElementType::kInt64:
      return Reals<int64_t>(tensor, bytes);
    default:
      Fail(ErrorKind::kUnsupported,
           "values of type " + std::string(ElementTypeName(tensor.type)) + " cannot be compared");
  }
}

std::vector<float> ReadOutput(const Graph& graph, const Port& port,
                              std::span<const std::byte> bytes) {
  std::vector<float> real = RealValues(graph.tensor(port.id), bytes);
  if (!port.nhwc) return real;
  std::vector<float> permuted(real.size());
  const Shape& s = port.shape;
  TransposeInner<float>(real, s[0], s[2] * s[3], s[1], permuted);
  return permuted;
}

}  // namespace qconvert
