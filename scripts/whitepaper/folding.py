"""Folds the batch norms of an ONNX network into the convolutions before them (the paper's equations 20 and 21)."""

import numpy as np
import onnx
from onnx import numpy_helper

# The axis of the output channels in a layer's weights.
AXES = {"Conv": 0, "ConvTranspose": 1, "Gemm": 0}


def initializers(model):
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def set_initializer(model, name, values):
    """Replaces the initializer of this name, or adds it."""
    tensor = numpy_helper.from_array(np.asarray(values, np.float32), name)
    for place, existing in enumerate(model.graph.initializer):
        if existing.name == name:
            model.graph.initializer[place].CopyFrom(tensor)
            return
    model.graph.initializer.append(tensor)


def layers(model):
    """(node, name of its weights, axis of the output channels) of each layer with constant weights."""
    known = {tensor.name for tensor in model.graph.initializer}
    found = [(node, node.input[1]) for node in model.graph.node if node.op_type in AXES and node.input[1] in known]
    return [(node, name, output_axis(node)) for node, name in found]


def output_axis(node):
    """Gemm's is the first where it transposes its weights, as every exporter of linear layers asks for."""
    transposed = any(attribute.name == "transB" and attribute.i for attribute in node.attribute)
    return 1 if node.op_type == "Gemm" and not transposed else AXES[node.op_type]


def folded(model):
    """The same function without the batch norms that stand behind a convolution."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    copy_shared_constants(model)
    makers = {name: node for node in model.graph.node for name in node.output}
    for norm in [node for node in model.graph.node if node.op_type == "BatchNormalization"]:
        convolution = makers.get(norm.input[0])
        if convolution is not None and convolution.op_type == "Conv":
            fold(model, convolution, norm)
    return model


def copy_shared_constants(model):
    """Gives each reader constants of its own: exporters write equal ones once, and an Identity for each other name."""
    known = initializers(model)
    for node in [node for node in model.graph.node if node.op_type == "Identity" and node.input[0] in known]:
        set_initializer(model, node.output[0], known[node.input[0]])
        model.graph.node.remove(node)


def fold(model, convolution, norm):
    known = initializers(model)
    gamma, beta, mean, variance = (known[name].astype(np.float64) for name in norm.input[1:5])
    epsilon = next((attribute.f for attribute in norm.attribute if attribute.name == "epsilon"), 1e-5)
    factor = gamma / np.sqrt(variance + epsilon)
    name = convolution.input[1]
    weights = known[name]
    bias = known[convolution.input[2]] if len(convolution.input) > 2 else 0
    set_initializer(model, name, weights * factor.reshape(-1, *[1] * (weights.ndim - 1)))
    set_initializer(model, f"{name}.folded_bias", beta + (bias - mean) * factor)
    convolution.input[:] = [convolution.input[0], name, f"{name}.folded_bias"]
    convolution.output[0] = norm.output[0]
    model.graph.node.remove(norm)
