"""ONNX networks of one operator (or the two that export as one), for every operator with an integer kernel."""

import dataclasses
import math

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from peers import DEFAULT, REFERENCE

OPSET = 20
TYPES = {"float": TensorProto.FLOAT, "bool": TensorProto.BOOL, "int64": TensorProto.INT64, "int32": TensorProto.INT32}
RANDOM = np.random.default_rng(1)


@dataclasses.dataclass
class Case:
    operator: str  # as qconvert --list-ops names it; the file must hold it with integer operands
    what: str
    model: onnx.ModelProto
    ranges: list  # of the inputs' reals, that calibration sees
    flags: tuple = ()
    resolver: object = REFERENCE
    code: int = None  # of the operator in the file, where it is not the listed one

    @property
    def name(self):
        return f"{self.operator} {self.what}".strip()


def weights(*shape, scale=1.0):
    """Weights whose channels differ, so that per channel and per layer do."""
    values = RANDOM.normal(0, scale / math.sqrt(max(1, math.prod(shape[1:]))), shape)
    return (values * RANDOM.uniform(0.2, 2, (shape[0],) + (1,) * (len(shape) - 1))).astype(np.float32)


def constant(values, kind=np.int64):
    return np.asarray(values, kind)


def make_model(nodes, inputs, constants, outputs, output_type="float"):
    """inputs: name -> shape or (shape, type); constants: name -> array."""
    typed = {name: given if isinstance(given[0], (tuple, list)) else (given, "float") for name, given in inputs.items()}
    graph = helper.make_graph(
        nodes,
        "one",
        [helper.make_tensor_value_info(name, TYPES[kind], shape) for name, (shape, kind) in typed.items()],
        [helper.make_tensor_value_info(name, TYPES[output_type], None) for name in outputs],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)


def one(operator, what, op_type, *operands, ranges=(-2, 3), flags=(), resolver=REFERENCE, outputs=1, then=None,
        output_type="float", code=None, **attributes):
    """An operand is a shape (an input), (shape, type), or an array (a constant). `then` is a second operator."""
    inputs, constants, names = {}, {}, []
    for number, operand in enumerate(operands):
        name = "" if operand is None else f"x{number}"
        names.append(name)
        if isinstance(operand, np.ndarray):
            constants[name] = operand
        elif operand is not None:
            inputs[name] = operand
    results = [f"y{number}" for number in range(outputs)]
    nodes = [helper.make_node(op_type, names, results, name="first", **attributes)]
    if then:
        second, more, *extra = (*then, {}) if len(then) == 1 else then
        constants.update({f"then{number}": array for number, array in enumerate(extra)})
        more_names = [f"then{number}" for number in range(len(extra))]
        nodes.append(helper.make_node(second, ["y0", *more_names], ["z"], name="second", **more))
        results = ["z"]
    if not isinstance(ranges, list):
        ranges = [ranges] * len(inputs)
    model = make_model(nodes, inputs, constants, results, output_type)
    return Case(operator, what, model, ranges, tuple(flags), resolver, code)


RELU = ("Relu",)
RELU6 = ("Clip", {}, constant(0, np.float32), constant(6, np.float32))
N1_TO_1 = ("Clip", {}, constant(-1, np.float32), constant(1, np.float32))
PER_LAYER = ("--per-layer",)
INT4 = ("--bits", "4", "--all-layers")


def convolutions():
    x, bias = (1, 6, 9, 10), RANDOM.normal(0, 1, 8).astype(np.float32)
    w, conv = weights(8, 6, 3, 3), ("Conv2D",)
    yield one(*conv, "SAME", "Conv", x, w, bias, pads=[1, 1, 1, 1])
    yield one(*conv, "per layer", "Conv", x, w, bias, pads=[1, 1, 1, 1], flags=PER_LAYER)
    yield one(*conv, "no bias", "Conv", x, w)
    yield one(*conv, "stride 2, uneven pads", "Conv", x, w, bias, strides=[2, 2], pads=[0, 0, 1, 1])
    yield one(*conv, "wide pads", "Conv", x, w, bias, strides=[2, 1], pads=[3, 2, 1, 2])
    yield one(*conv, "dilation 2", "Conv", x, w, bias, dilations=[2, 2], pads=[2, 2, 2, 2])
    yield one(*conv, "groups 2", "Conv", x, weights(8, 3, 3, 3), bias, group=2)
    yield one(*conv, "groups 3, per layer", "Conv", x, weights(9, 2, 3, 3), group=3, flags=PER_LAYER)
    yield one(*conv, "1x1", "Conv", (2, 64, 7, 7), weights(96, 64, 1, 1))
    yield one(*conv, "1x1 stride 2", "Conv", (1, 16, 8, 8), weights(24, 16, 1, 1), strides=[2, 2])
    yield one(*conv, "of a picture", "Conv", (1, 3, 20, 20), weights(16, 3, 5, 3), strides=[2, 2], ranges=(0, 1))
    yield one(*conv, "Relu", "Conv", x, w, bias, then=RELU, pads=[1, 1, 1, 1])
    yield one(*conv, "Relu6", "Conv", x, w, bias, then=RELU6, ranges=(-9, 9))
    yield one(*conv, "clamped to [-1, 1]", "Conv", x, w, bias, then=N1_TO_1)
    yield one(*conv, "int4", "Conv", x, w, bias, flags=INT4)
    yield one(*conv, "int4, per layer", "Conv", x, w, bias, flags=(*INT4, *PER_LAYER))
    yield one(*conv, "over one dimension", "Conv", (1, 5, 12), weights(7, 5, 3), pads=[1, 1])
    depthwise = ("DepthwiseConv2D",)
    yield one(*depthwise, "SAME", "Conv", x, weights(6, 1, 3, 3), group=6, pads=[1, 1, 1, 1])
    yield one(*depthwise, "stride 2", "Conv", x, weights(6, 1, 3, 3), group=6, strides=[2, 2], pads=[1, 1, 1, 1])
    yield one(*depthwise, "two per channel", "Conv", x, weights(12, 1, 3, 3), group=6)
    yield one(*depthwise, "dilation 2", "Conv", x, weights(6, 1, 3, 3), group=6, dilations=[2, 2], pads=[2, 2, 2, 2])
    yield one(*depthwise, "per layer", "Conv", x, weights(6, 1, 3, 3), group=6, flags=PER_LAYER)
    yield one(*depthwise, "5x5, 40 channels, Relu6", "Conv", (1, 40, 7, 9), weights(40, 1, 5, 5), then=RELU6,
              group=40, pads=[2, 2, 2, 2], ranges=(-9, 9))
    yield one(*depthwise, "int4", "Conv", x, weights(6, 1, 3, 3), group=6, flags=INT4, resolver=DEFAULT)
    transposed, small = ("TransposeConv2D",), (1, 5, 4, 6)
    yield one(*transposed, "2x2 stride 2", "ConvTranspose", small, weights(5, 4, 2, 2), strides=[2, 2])
    yield one(*transposed, "4x4 stride 2, pads", "ConvTranspose", small, weights(5, 4, 4, 4), bias[:4], strides=[2, 2],
              pads=[1, 1, 1, 1])
    yield one(*transposed, "output padding", "ConvTranspose", small, weights(5, 4, 3, 3), strides=[2, 2],
              pads=[1, 1, 1, 1], output_padding=[1, 1])
    yield one(*transposed, "an odd output_shape", "ConvTranspose", small, weights(5, 4, 4, 4), bias[:4],
              strides=[2, 2], output_shape=[9, 12])
    yield one(*transposed, "uneven pads", "ConvTranspose", small, weights(5, 4, 3, 3), bias[:4], pads=[1, 0, 0, 1])
    yield one(*transposed, "groups 2", "ConvTranspose", (1, 4, 9, 7), weights(4, 3, 3, 3),
              RANDOM.normal(0, 1, 6).astype(np.float32), group=2, strides=[2, 2], pads=[1, 1, 1, 1],
              output_padding=[1, 1])
    yield one(*transposed, "per layer, Relu", "ConvTranspose", small, weights(5, 4, 3, 3), bias[:4], then=RELU,
              strides=[3, 2], flags=PER_LAYER)


def matrix_products():
    x, bias = (3, 50), RANDOM.normal(0, 1, 20).astype(np.float32)
    dense = ("FullyConnected",)
    yield one(*dense, "Gemm", "Gemm", x, weights(20, 50), bias, transB=1)
    yield one(*dense, "per layer", "Gemm", x, weights(20, 50), bias, transB=1, flags=PER_LAYER)
    yield one(*dense, "asymmetric", "Gemm", x, weights(20, 50) + np.float32(0.1), bias, transB=1,
              flags=(*PER_LAYER, "--scheme", "asymmetric"))
    yield one(*dense, "alpha and beta", "Gemm", x, weights(50, 20), bias, alpha=0.5, beta=2.0)
    yield one(*dense, "MatMul of three dimensions", "MatMul", (2, 3, 50), weights(50, 20))
    yield one(*dense, "Relu", "Gemm", x, weights(20, 50), bias, then=RELU, transB=1)
    yield one(*dense, "Relu6", "Gemm", x, weights(20, 50), bias, then=RELU6, transB=1, ranges=(-9, 9))
    yield one(*dense, "one row, 1000 columns", "Gemm", (1, 300), weights(1000, 300), transB=1, ranges=(0, 6))
    yield one(*dense, "int4", "Gemm", x, weights(20, 50), bias, transB=1, flags=INT4)
    product = ("BatchMatMul",)
    yield one(*product, "two dimensions", "MatMul", (7, 17), (17, 5), ranges=[(-1, 4), (-3, 1)])
    yield one(*product, "batches", "MatMul", (2, 3, 7, 17), (2, 3, 17, 5))
    yield one(*product, "one matrix for all", "MatMul", (4, 7, 33), (33, 6), ranges=[(-1, 4), (0, 1)])
    yield one(*product, "of a constant", "MatMul", weights(3, 7, 17), (3, 17, 5))


def arithmetic():
    a, row = (2, 3, 40), (40,)
    disparate = [(-0.05, 0.02), (-3, 7)]
    for operator, op_type in (("Add", "Add"), ("Sub", "Sub"), ("Mul", "Mul"), ("Maximum", "Max"), ("Minimum", "Min")):
        yield one(operator, "", op_type, a, a, ranges=[(-2, 3), (-4, 1)])
        yield one(operator, "disparate ranges", op_type, a, a, ranges=disparate)
        yield one(operator, "a row", op_type, a, row)
        yield one(operator, "broadcasting both ways", op_type, (4, 1, 5, 1), (1, 3, 1, 7), ranges=[(0, 4), (-1, 1)])
        yield one(operator, "a constant", op_type, a, weights(40) - np.float32(0.4))
        yield one(operator, "a number", op_type, a, constant(0.7, np.float32))
        yield one(operator, "channels of a picture", op_type, (1, 8, 5, 6), (1, 8, 1, 1))
    for operator in ("Add", "Sub", "Mul"):
        yield one(operator, "Relu", operator, a, a, then=RELU)
        yield one(operator, "Relu6", operator, a, a, then=RELU6, ranges=(-5, 6))
    yield one("Mul", "Neg", "Neg", a, ranges=(-1, 3))
    yield one("Sub", "from a number", "Sub", constant(1, np.float32), a, ranges=(0, 1))
    yield one("Select", "", "Where", (a, "bool"), a, a)
    yield one("Select", "a row and a number", "Where", (a, "bool"), row, constant(-1, np.float32), ranges=(-2, 3))


def functions():
    x = (2, 4, 100)
    yield one("Relu", "", "Relu", x)
    yield one("Relu6", "", "Clip", x, constant(0, np.float32), constant(6, np.float32), ranges=(-5, 8))
    yield one("ReluN1To1", "", "Clip", x, constant(-1, np.float32), constant(1, np.float32))
    yield one("Relu0To1", "", "Clip", x, constant(0, np.float32), constant(1, np.float32))
    yield one("LeakyRelu", "", "LeakyRelu", x, alpha=0.1)
    yield one("LeakyRelu", "steep", "LeakyRelu", x, alpha=1.7)
    yield one("LeakyRelu", "negative slope", "LeakyRelu", x, alpha=-0.3)
    yield one("PRelu", "", "PRelu", (1, 6, 5, 7), weights(6, 1, 1))
    yield one("PRelu", "a slope for each", "PRelu", x, x, ranges=[(-2, 3), (-0.2, 0.3)])
    for operator, op_type, more in (("HardSwish", "HardSwish", {}), ("Logistic", "Sigmoid", {}), ("Tanh", "Tanh", {}),
                                    ("Gelu", "Gelu", {}), ("Gelu", "Gelu", {"approximate": "tanh"}),
                                    ("Exp", "Exp", {}), ("Abs", "Abs", {})):
        for low, high in ((-6, 5), (-0.3, 0.4), (0, 3)):
            what = f"{more.get('approximate', '')} of {low} to {high}"
            yield one(operator, what, op_type, x, ranges=(low, high), **more)
    yield one("Elu", "", "Elu", x, resolver=DEFAULT)
    for high in (5, 0.1):
        yield one("Sqrt", f"to {high}", "Sqrt", x, ranges=(0, high))
        yield one("Log", f"to {high}", "Log", x, ranges=(0.01, high))
        yield one("Rsqrt", f"to {high}", "Pow", x, constant(-0.5, np.float32), ranges=(0.01, high))
    yield one("Softmax", "", "Softmax", x, ranges=(-8, 8))
    yield one("Softmax", "flat", "Softmax", x, ranges=(-0.5, 0.5))
    yield one("Softmax", "over channels", "Softmax", (1, 10, 4, 5), axis=1, ranges=(-3, 9))


def pools_and_reductions():
    x = (1, 6, 9, 10)
    for operator, op_type in (("AveragePool2D", "AveragePool"), ("MaxPool2D", "MaxPool")):
        yield one(operator, "2x2", op_type, x, kernel_shape=[2, 2], strides=[2, 2])
        yield one(operator, "3x3 SAME", op_type, x, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        yield one(operator, "3x2 stride 2, uneven pads", op_type, x, kernel_shape=[3, 2], strides=[2, 2],
                  pads=[0, 0, 1, 1])
        yield one(operator, "ceil", op_type, x, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
        yield one(operator, "Relu", op_type, x, then=RELU, kernel_shape=[2, 2])
    yield one("AveragePool2D", "padding counts", "AveragePool", x, kernel_shape=[3, 3], pads=[1, 1, 1, 1],
              count_include_pad=1)
    yield one("AveragePool2D", "ceil, padding counts", "AveragePool", x, kernel_shape=[3, 3], strides=[2, 2],
              pads=[1, 1, 1, 1], ceil_mode=1, count_include_pad=1)
    yield one("TopK", "", "TopK", (2, 7, 30), constant([4]), outputs=2, then=RELU)
    yield one("TopK", "over channels", "TopK", (1, 9, 4, 5), constant([2]), outputs=2, then=RELU, axis=1)
    yield one("Mean", "global pool", "GlobalAveragePool", x)
    yield one("ReduceMax", "global pool", "GlobalMaxPool", x)
    for operator in ("Mean", "ReduceMax", "ReduceMin"):
        op_type = "ReduceMean" if operator == "Mean" else operator
        for axes, keep in (([2, 3], 1), ([2, 3], 0), ([1], 1), ([-1], 0), ([0, 1, 2, 3], 0)):
            yield one(operator, f"over {axes}, keepdims {keep}", op_type, x, constant(axes), keepdims=keep)
        yield one(operator, "over 1000", op_type, (3, 1000), constant([1]), keepdims=0, ranges=(-0.1, 4))
    for axis, keep in ((1, 1), (-1, 0)):
        yield one("ArgMax", f"axis {axis}, keepdims {keep}", "ArgMax", (2, 7, 30), axis=axis, keepdims=keep,
                  output_type="int64")


def movements():
    x, picture = (2, 6, 10), (1, 8, 4, 6)
    yield one("Reshape", "", "Reshape", x, constant([3, 40]))
    yield one("Reshape", "Flatten", "Flatten", picture)
    yield one("Transpose", "", "Transpose", x, perm=[2, 0, 1])
    yield one("Transpose", "four dimensions", "Transpose", picture, perm=[0, 2, 1, 3])
    yield one("Pad", "", "Pad", x, constant([0, 1, 2, 1, 0, 3]))
    yield one("Pad", "a picture", "Pad", picture, constant([0, 0, 1, 2, 0, 0, 3, 0]))
    yield one("Pad", "with a value", "Pad", x, constant([0, 1, 2, 1, 0, 3]), constant(1.5, np.float32), code=60)
    yield one("MirrorPad", "", "Pad", x, constant([0, 2, 3, 0, 1, 2]), mode="reflect")
    for mode in ("edge", "wrap"):
        yield one("Gather", f"Pad, {mode}", "Pad", picture, constant([0, 0, 2, 2, 0, 0, 3, 1]), mode=mode)
    yield one("StridedSlice", "", "Slice", x, constant([1, 2]), constant([5, 9]), constant([1, 2]))
    yield one("StridedSlice", "strided, backwards", "Slice", x, constant([5, 9]), constant([-100, 0]), constant([1, 2]),
              constant([-2, -3]))
    yield one("Split", "", "Split", x, outputs=3, axis=1, num_outputs=3)
    yield one("Split", "uneven", "Split", x, constant([1, 5, 4]), outputs=3, axis=2)
    yield one("Concat", "", "Concat", x, (2, 3, 10), axis=1, ranges=[(-2, 3), (-5, 1)])
    yield one("Concat", "channels of pictures", "Concat", picture, (1, 3, 4, 6), axis=1, ranges=[(-2, 3), (0, 1)])
    yield one("Concat", "a constant", "Concat", x, weights(2, 6, 4), axis=2)
    yield one("Gather", "", "Gather", x, constant([3, 0, -1, 3]), axis=1)
    yield one("Gather", "a matrix of indices", "Gather", x, constant([[3, 0], [5, 3]]), axis=2)
    yield one("Gather", "one", "Gather", x, constant(4), axis=1)
    yield one("Tile", "", "Tile", x, constant([2, 1, 3]), resolver=DEFAULT)
    yield one("BroadcastTo", "", "Expand", (2, 1, 10), constant([2, 6, 10]))
    no_roi = constant([], np.float32)
    sizes = {"half_pixel": (13, 9), "align_corners": (7, 11), "asymmetric": (8, 12)}
    for coordinates, (height, width) in sizes.items():
        size = constant([1, 8, height, width])
        rounding = "floor" if coordinates == "asymmetric" else "round_prefer_ceil"
        yield one("ResizeBilinear", coordinates, "Resize", picture, no_roi, None, size, mode="linear",
                  coordinate_transformation_mode=coordinates)
        yield one("ResizeNearest", coordinates, "Resize", picture, no_roi, None, size, mode="nearest",
                  coordinate_transformation_mode=coordinates, nearest_mode=rounding)
    signal, whole_and_a_half = (1, 8, 12), constant([1, 8, 6, 9])
    yield one("ResizeBilinear", "of a signal", "Resize", signal, no_roi, constant([1, 1, 2], np.float32), mode="linear")
    yield one("Gather", "Resize by 1.5", "Resize", picture, no_roi, None, whole_and_a_half, mode="nearest")
    yield one("BatchMatMul", "Resize, cubic", "Resize", picture, no_roi, None, whole_and_a_half, mode="cubic",
              ranges=(1, 2))
    yield one("SpaceToDepth", "", "SpaceToDepth", picture, blocksize=2)
    yield one("DepthToSpace", "DCR", "DepthToSpace", picture, blocksize=2, resolver=DEFAULT)
    yield one("Transpose", "DepthToSpace, CRD", "DepthToSpace", picture, blocksize=2, mode="CRD")


def many_dimensions():
    a, b, x = (2, 1, 3, 2, 4), (1, 4, 3, 1, 4), (2, 4, 3, 2, 5)
    for operator, op_type in (("Add", "Add"), ("Sub", "Sub"), ("Mul", "Mul"), ("Maximum", "Max"), ("Minimum", "Min")):
        yield one(operator, "of five dimensions", op_type, a, b)
    yield one("Add", "of six dimensions", "Add", (1, 2, 1, 3, 2, 2), (1, 1, 4, 3, 1, 2))
    yield one("Select", "of five dimensions", "Where", (a, "bool"), b, (2, 4, 3, 2, 4))
    yield one("Transpose", "of six dimensions", "Transpose", (2, 1, 3, 3, 4, 2), perm=[0, 3, 1, 4, 2, 5])
    yield one("StridedSlice", "of five dimensions", "Slice", x, constant([0, 1, 1]), constant([1, 3, 3]))
    yield one("Pad", "of five dimensions", "Pad", x, constant([0, 0, 1, 0, 0, 0, 1, 0, 2, 0]))
    yield one("Concat", "of five dimensions", "Concat", x, x, axis=1)
    yield one("Split", "of five dimensions", "Split", x, outputs=2, axis=1, num_outputs=2)
    yield one("Gather", "of five dimensions", "Gather", x, constant([2, 0]), axis=2)
    yield one("Mean", "of five dimensions", "ReduceMean", x, constant([1, 3]))
    yield one("ReduceMax", "of six dimensions", "ReduceMax", (2, 1, 3, 3, 2, 2), constant([2, 3]))
    yield one("Softmax", "of five dimensions", "Softmax", x, axis=2)
    yield one("BatchMatMul", "of five dimensions", "MatMul", (2, 1, 3, 2, 7), (2, 4, 3, 7, 2))
    yield one("FullyConnected", "of five dimensions", "MatMul", x, weights(5, 7))


def conversions():
    x = (2, 3, 40)
    yield one("Quantize", "and back", "Relu", x, flags=("--io", "float32"))
    yield one("Dequantize", "", "LeakyRelu", x, alpha=0.1, flags=("--io", "float32"))
    yield one("Quantize", "to and from uint8", "Relu", x, flags=("--io", "uint8"))
    yield one("Quantize", "to another scale", "Concat", x, x, axis=0, ranges=[(-2, 3), (-5, 1)])


def all_cases():
    for family in (convolutions, matrix_products, arithmetic, functions, pools_and_reductions, movements,
                   many_dimensions, conversions):
        yield from family()
