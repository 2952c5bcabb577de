"""Scales a network's channels by powers of two, which changes no float result and ruins 8-bit weights per layer."""

import numpy as np
import onnx

from whitepaper import folding

MOST_DOUBLINGS = 5


def pairs(model):
    """(batch norm, the convolution that alone reads its ReLU) of a network with its batch norms kept."""
    makers = {name: node for node in model.graph.node for name in node.output}
    readers = {}
    for node in model.graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    for relu in [node for node in model.graph.node if node.op_type == "Relu"]:
        norm, after = makers[relu.input[0]], readers[relu.output[0]]
        if norm.op_type == "BatchNormalization" and [node.op_type for node in after] == ["Conv"]:
            yield norm, after[0]


def scaled(model, seed=0):
    """The same function: each such channel is multiplied by 2^u, u from -5 to 5, and divided by it afterwards."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    folding.copy_shared_constants(model)
    rng = np.random.default_rng(seed)
    for norm, convolution in pairs(model):
        known = folding.initializers(model)
        gamma, beta = norm.input[1:3]
        factors = 2.0 ** rng.integers(-MOST_DOUBLINGS, MOST_DOUBLINGS + 1, known[gamma].size)
        for name in (gamma, beta):
            folding.set_initializer(model, name, known[name] * factors)
        weights = known[convolution.input[1]]
        grouped = weights.shape[1] == 1
        shape = (-1, 1, 1, 1) if grouped else (1, -1, 1, 1)
        folding.set_initializer(model, convolution.input[1], weights / factors.reshape(shape))
    return model
