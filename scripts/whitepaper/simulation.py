"""Simulated quantization: ONNX networks in float arithmetic whose weights and activations went through affine.py.

It knows nothing of qconvert's code; batch norms are folded first, by folding.py.
"""

import numpy as np
import onnx
from onnx import helper
import onnxruntime

from whitepaper import affine, folding

# Each result is one of the operand's values, so it needs no quantizer of its own.
SAME_VALUES = {"MaxPool", "Flatten", "Reshape", "Identity", "Constant"}
ACTIVATIONS = {"Relu", "Clip"}
BATCH_SAMPLES = 16  # whose extremes are averaged, as in the paper


def run(model, inputs, batch=250, names=None, options=None):
    """The outputs [N, ...] of these names, by default of the network's output, for inputs [N, ...]."""
    options = options or onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    laps = [session.run(names, {given.name: inputs[k : k + batch]}) for k in range(0, len(inputs), batch)]
    return [np.concatenate(arrays) for arrays in zip(*laps)]


def with_weights(model, quantize):
    """The folded network with quantize(values, axis of the output channels) in place of each layer's weights."""
    model = folding.folded(model)
    known = folding.initializers(model)
    for _, name, axis in folding.layers(model):
        folding.set_initializer(model, name, quantize(known[name], axis))
    return model


def points(model):
    """The tensors that an integer file rounds: the input, and each result after the activation fused into it."""
    readers = {}
    for node in model.graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node.op_type)
    found = [model.graph.input[0].name]
    for node in model.graph.node:
        fused = node.op_type not in ACTIVATIONS and readers.get(node.output[0]) in (["Relu"], ["Clip"])
        if node.op_type not in SAME_VALUES and not fused:
            found.append(node.output[0])
    return found


def observed(model, inputs):
    """{point: its values on the inputs} of the folded float network."""
    model = folding.folded(model)
    names = points(model)
    inside = [name for name in names if name != model.graph.input[0].name]
    del model.graph.output[:]
    model.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in inside)
    return dict(zip(names, [inputs, *run(model, inputs, names=inside)]))


def averaged_extremes(values):
    """Extremes of each batch, averaged: the moving average of the paper with all batches alike."""
    batches = [values[k : k + BATCH_SAMPLES] for k in range(0, len(values), BATCH_SAMPLES)]
    return np.mean([batch.min() for batch in batches]), np.mean([batch.max() for batch in batches])


def ranges(model, inputs, bits, *, least_error=False):
    """{point: (least, greatest)}."""
    found = {}
    for name, values in observed(model, inputs).items():
        extremes = averaged_extremes(values)
        found[name] = affine.least_error_range(values, *extremes, bits) if least_error else extremes
    return found


def with_activations(model, limits, bits):
    """A folded network that rounds each point to 2^bits steps within its limits."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    for name, (least, greatest) in limits.items():
        rounded = f"{name}.rounded"
        for node in model.graph.node:
            node.input[:] = [rounded if operand == name else operand for operand in node.input]
        for output in model.graph.output:
            if output.name == name:
                output.name = rounded
        model.graph.node.extend(quantizer(model, name, rounded, least, greatest, bits))
    sort(model)
    return model


def quantizer(model, name, rounded, least, greatest, bits):
    """Clip, divide by the scale, round, multiply: what affine.asymmetric does, for a zero that is on the grid."""
    least, greatest = min(least, 0), max(greatest, 0)
    steps = 2**bits - 1
    scale = (greatest - least) / steps or 1.0
    zero = np.rint(-least / scale)
    values = {"low": -zero * scale, "high": (steps - zero) * scale, "scale": scale}
    for key, value in values.items():
        folding.set_initializer(model, f"{rounded}.{key}", value)
    low, high, step = (f"{rounded}.{key}" for key in values)
    return [
        helper.make_node("Clip", [name, low, high], [f"{rounded}.clipped"]),
        helper.make_node("Div", [f"{rounded}.clipped", step], [f"{rounded}.steps"]),
        helper.make_node("Round", [f"{rounded}.steps"], [f"{rounded}.integers"]),
        helper.make_node("Mul", [f"{rounded}.integers", step], [rounded]),
    ]


def sort(model):
    """Puts each node behind those whose results it reads."""
    made = {tensor.name for tensor in model.graph.initializer} | {value.name for value in model.graph.input} | {""}
    waiting, done = list(model.graph.node), []
    while waiting:
        ready = [node for node in waiting if made.issuperset(node.input)]
        done += ready
        made.update(name for node in ready for name in node.output)
        waiting = [node for node in waiting if not made.issuperset(node.output)]
    del model.graph.node[:]
    model.graph.node.extend(done)
