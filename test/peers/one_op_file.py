"""Builds .tflite files of one int8 operator, for those that qconvert reads as integers but writes in float.

DIV's kernel answers at random for small quotients, and the comparisons see values in steps of 1/256 whatever the
scales, so our quantizer keeps them float. Other tools do not.
"""

import math

import flatbuffers
from ai_edge_litert import schema_py_generated as schema

SHAPE = (3, 200)
CODES = {
    "Div": "DIV",
    "SquaredDifference": "SQUARED_DIFFERENCE",
    "Equal": "EQUAL",
    "NotEqual": "NOT_EQUAL",
    "Less": "LESS",
    "LessEqual": "LESS_EQUAL",
    "Greater": "GREATER",
    "GreaterEqual": "GREATER_EQUAL",
}


def make_tensor(name, scale=None, zero_point=0):
    """An int8 tensor, or without a scale one of bool."""
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.hasRank = name, list(SHAPE), True
    tensor.type = schema.TensorType.BOOL if scale is None else schema.TensorType.INT8
    if scale is not None:
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale, tensor.quantization.zeroPoint = [float(scale)], [int(zero_point)]
    return tensor


def one_op_file(name, a, b, result):
    """The bytes of a file whose operator takes two tensors. Each is (scale, zero point), or () for bool."""
    operator = schema.OperatorT()
    operator.inputs, operator.outputs = [0, 1], [2]
    operator.builtinOptions = getattr(schema, f"{name}OptionsT")()
    operator.builtinOptionsType = getattr(schema.BuiltinOptions, f"{name}Options")
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = getattr(schema.BuiltinOperator, CODES[name])
    code.version = 2
    graph = schema.SubGraphT()
    graph.tensors = [make_tensor(label, *params) for label, params in (("a", a), ("b", b), ("y", result))]
    graph.operators, graph.inputs, graph.outputs = [operator], [0, 1], [2]
    model = schema.ModelT()
    model.version, model.operatorCodes, model.subgraphs, model.buffers = 3, [code], [graph], [schema.BufferT()]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def handmade_files(random):
    """(operator, bytes) with random parameters that LiteRT's kernels accept."""

    def scale(least, most):
        return math.exp(random.uniform(math.log(least), math.log(most)))

    for name in CODES:
        for turn in range(6):
            a, b = ((scale(1e-3, 1), random.integers(-128, 128)) for _ in range(2))
            result = ()
            if name == "Div":  # from 64 steps per unit on no quotient but that of 0 is too small for LiteRT
                a, b = (a[0], (-128, 127)[turn % 2]), (b[0], (-128, 127)[turn // 2 % 2])
                result = (a[0] / b[0] / random.uniform(64, 127), random.integers(-128, 128))
            if name == "SquaredDifference":  # (255 (a + b))^2 is the largest; half of it saturates
                result = (255 * (a[0] + b[0]) ** 2 / 2, random.integers(-128, 128))
            yield name, one_op_file(name, a, b, result)
