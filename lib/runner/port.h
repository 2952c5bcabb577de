// A model's inputs and outputs between the layout of the ONNX model, which samples and metrics use,
// and what the graph holds: NHWC, or integers.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "lib/graph/graph.h"

namespace qconvert {

/// One input or output of a graph.
struct Port {
  std::string name;  ///< of the signature: ONNX's name
  TensorId id = 0;
  Shape shape;        ///< in the ONNX layout
  bool nhwc = false;  ///< whether the graph's tensor is [N,H,W,C] where ONNX says [N,C,H,W]
};

/// Returns the ports of a graph; its notes (graph/port_layout.h) say which are NHWC.
std::vector<Port> InputPorts(const Graph& graph);
std::vector<Port> OutputPorts(const Graph& graph);

/// Returns [N,C,H,W] for [N,H,W,C].
Shape NchwShape(const Shape& nhwc);

/// Writes one value of an input into a session: permutes to NHWC and quantizes where the graph
/// wants that.
///   value   of port.shape, float32 or the tensor's own integer type
///   Throws Error, naming the input: kUnusable when the value has the wrong length or cannot be
///   quantized, kUnsupported when the tensor is quantized to a type that holds no reals.
void WriteInput(const Graph& graph, const Port& port, std::span<const std::byte> value,
                std::span<std::byte> destination);

/// Returns one output as float32 in the ONNX layout; integers are dequantized.
std::vector<float> ReadOutput(const Graph& graph, const Port& port,
                              std::span<const std::byte> bytes);

/// Returns a tensor's values as float32, dequantized per layer, in the order they lie.
std::vector<float> RealValues(const Tensor& tensor, std::span<const std::byte> bytes);

}  // namespace qconvert
