"""Builds ONNX networks with seeded random weights, node by node, as exporters spell them."""

import math

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SAMPLES = 12  # the first eight calibrate, the others judge


class Net:
    """Nodes under construction. `samples` has the values of each input, [SAMPLES, ...] for an input [1, ...]."""

    def __init__(self, opset=17, seed=3):
        self.opset, self.random = opset, np.random.default_rng(seed)
        self.nodes, self.constants, self.inputs, self.samples = [], [], [], {}
        self.widths = {}  # channels of pictures and signals by tensor

    def input(self, name, values):
        kind = helper.np_dtype_to_tensor_dtype(values.dtype)
        self.inputs.append(helper.make_tensor_value_info(name, kind, [1, *values.shape[1:]]))
        self.samples[name] = values
        self.widths[name] = values.shape[1] if values.ndim > 1 else 1
        return name

    def picture(self, channels=3, side=48):
        """An input whose neighbouring pixels are alike."""
        coarse = self.random.normal(0, 1, (SAMPLES, channels, side // 4, side // 4)).repeat(4, 2).repeat(4, 3)
        return self.input("x", (coarse + self.random.normal(0, 0.3, coarse.shape)).astype(np.float32))

    def signal(self, *shape):
        return self.input("x", self.random.normal(0, 1, (SAMPLES, *shape)).astype(np.float32))

    def constant(self, value, kind=np.float32):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, kind), name))
        return name

    def whole(self, *values):
        return self.constant(values, np.int64)

    def table(self, *shape, deviation=1.0, mean=0.0):
        return self.constant(self.random.normal(mean, deviation, shape))

    def emit(self, kind, *operands, outputs=1, **attributes):
        names = [f"t{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, operands, names, name=f"{kind}_{len(self.nodes)}", **attributes))
        for name in names:
            self.widths[name] = self.widths.get(operands[0]) if operands else None
        return names[0] if outputs == 1 else names

    def conv(self, x, width, size=3, rank=2, group=1, transposed=False, **attributes):
        """A convolution that keeps the size unless attributes say otherwise."""
        channels = self.widths[x]
        shape = (channels, width // group) if transposed else (width, channels // group)
        weights = self.table(*shape, *[size] * rank, deviation=math.sqrt(2 / (channels // group * size**rank)))
        reach = (size - 1) * attributes.get("dilations", [1])[0] // 2
        attributes = {"pads": [reach] * 2 * rank, "group": group} | attributes
        kind = "ConvTranspose" if transposed else "Conv"
        y = self.emit(kind, x, weights, self.table(width, deviation=0.1), **attributes)
        self.widths[y] = width
        return y

    def relu(self, x):
        return self.emit("Relu", x)

    def linear(self, x, out, width=None):
        width = width or self.widths[x]
        product = self.emit("MatMul", x, self.table(width, out, deviation=width**-0.5))
        y = self.emit("Add", product, self.table(out, deviation=0.1))
        self.widths[y] = out
        return y

    def reshape(self, x, *shape, channels=None):
        y = self.emit("Reshape", x, self.whole(*shape))
        self.widths[y] = channels or shape[-1]
        return y

    def concat(self, *parts, axis=1):
        y = self.emit("Concat", *parts, axis=axis)
        self.widths[y] = sum(self.widths[part] for part in parts)
        return y

    def classify(self, x, classes=10):
        pooled = self.emit("Flatten", self.emit("GlobalAveragePool", x))
        self.widths[pooled] = self.widths[x]
        return self.linear(pooled, classes)

    def model(self, *outputs):
        """The network; without names its last node's result is the output."""
        outputs = outputs or self.nodes[-1].output[:1]
        kinds = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
        graph = helper.make_graph(self.nodes, "network", self.inputs, kinds, self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)
