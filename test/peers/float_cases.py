"""ONNX networks of one operator that has no integer kernel, or works on int64 and bool, or is written as several."""

import numpy as np

from one_op_cases import RELU, constant, one, weights
from peers import DEFAULT

X = (2, 6, 10)


def real_functions():
    for operator, op_type in (("Sin", "Sin"), ("Cos", "Cos"), ("Mul", "Neg"), ("Floor", "Floor")):
        yield one(operator, "", op_type, X)
    yield one("Ceil", "", "Ceil", X, resolver=DEFAULT)
    yield one("Round", "", "Round", X, resolver=DEFAULT)
    yield one("Square", "", "Pow", X, constant(2, np.float32))
    yield one("Pow", "", "Pow", X, X, ranges=[(0.1, 3), (-2, 2)])
    yield one("Pow", "a number", "Pow", X, constant(2.5, np.float32), ranges=(0, 3))
    yield one("Div", "", "Div", X, X, ranges=[(-2, 3), (0.5, 4)])
    yield one("Div", "Reciprocal", "Reciprocal", X, ranges=(0.5, 4))
    yield one("LogSoftmax", "", "LogSoftmax", X)
    for axes, keep in (([1, 2], 1), ([0], 0)):
        yield one("Sum", f"over {axes}", "ReduceSum", X, constant(axes), keepdims=keep)
        yield one("ReduceProd", f"over {axes}", "ReduceProd", X, constant(axes), keepdims=keep)
    yield one("Sign", "", "Sign", X, resolver=DEFAULT)
    yield one("Atan2", "Atan", "Atan", X, resolver=DEFAULT)
    yield one("Atan2", "Asin", "Asin", X, ranges=(-0.9, 0.9), resolver=DEFAULT)
    yield one("LocalResponseNorm", "", "LRN", (1, 8, 5, 6), size=5, alpha=0.5, resolver=DEFAULT)
    how = {"size": 3, "alpha": 2.0, "beta": 0.5, "bias": 2.0}
    yield one("LocalResponseNorm", "no square root", "LRN", (1, 8, 5, 6), resolver=DEFAULT, **how)
    yield one("CumSum", "", "CumSum", X, constant(1))
    yield one("CumSum", "exclusive, in reverse", "CumSum", X, constant(-1), exclusive=1, reverse=1)
    yield one("Cast", "to int64 and back", "Cast", X, then=("Cast", {"to": 1}), to=7)
    yield one("Cast", "to int32", "Cast", X, to=6, output_type="int32")
    yield one("Cast", "of a comparison", "Greater", X, X, then=("Cast", {"to": 1}))


def whole_numbers():
    for kind, number in (("int64", np.int64), ("int32", np.int32)):
        whole = (X, kind)
        typed = {"output_type": kind}
        for operator, op_type in (("Add", "Add"), ("Sub", "Sub"), ("Mul", "Mul"), ("Maximum", "Max"),
                                  ("Minimum", "Min"), ("FloorMod", "Mod")):
            yield one(operator, f"of {kind}", op_type, whole, constant([3], number), **typed)
        yield one("Mul", f"{kind} squared", "Pow", whole, constant(2, number), **typed)
        yield one("Mul", f"{kind} cubed", "Pow", whole, constant(3, number), **typed)
        yield one("Neg", f"of {kind}", "Neg", whole, **typed)
        yield one("CumSum", f"of {kind}", "CumSum", whole, constant(0), reverse=1, **typed)
        yield one("Maximum", f"Relu of {kind}", "Relu", whole, **typed)
        yield one("Minimum", f"Clip of {kind}", "Clip", whole, constant(2, number), constant(5, number), **typed)
        for operator in ("Sum", "Prod", "Max", "Min"):
            name = operator if operator == "Sum" else f"Reduce{operator}"
            yield one(name, f"of {kind}", f"Reduce{operator}", whole, constant([1]), **typed)
        yield one("Pad", f"{kind} with a value", "Pad", whole, constant([0, 1, 0, 1, 0, 0]), constant(3, number),
                  code=60, **typed)
        yield one("Less", f"of {kind}", "Less", whole, constant(4, number), output_type="bool")
        yield one("Cast", f"{kind} to float", "Cast", whole, to=1)
        yield one("TopK", f"of {kind}", "TopK", whole, constant([3]), outputs=2, then=("Identity",), **typed)
    yield one("Sign", "of int32", "Sign", (X, "int32"), output_type="int32", resolver=DEFAULT)
    yield one("Maximum", "Sign of int64", "Sign", (X, "int64"), output_type="int64")
    yield one("Div", "of int32", "Div", (X, "int32"), constant([3], np.int32), output_type="int32")
    yield one("Abs", "of int32", "Abs", (X, "int32"), output_type="int32", resolver=DEFAULT)
    yield one("Maximum", "Abs of int64", "Abs", (X, "int64"), output_type="int64")
    yield one("Gather", "indices that are computed", "Gather", weights(30, 8), ((5,), "int64"))
    yield one("ArgMax", "", "ArgMax", X, axis=1, output_type="int64")
    yield one("ArgMax", "ArgMin", "ArgMin", X, axis=2, keepdims=0, output_type="int64")


def bools_and_movements():
    logical = (X, "bool")
    for operator in ("And", "Or"):
        yield one(f"Logical{operator}", "", operator, logical, logical, output_type="bool")
    yield one("LogicalNot", "", "Not", logical, output_type="bool")
    yield one("NotEqual", "Xor", "Xor", logical, logical, output_type="bool")
    for operator, op_type in (("Equal", "Equal"), ("Less", "Less"), ("LessEqual", "LessOrEqual"),
                              ("Greater", "Greater"), ("GreaterEqual", "GreaterOrEqual")):
        yield one(operator, "", op_type, X, X, output_type="bool")
    yield one("Cast", "of bool", "Cast", logical, to=1)
    for kind in ("bool", "int64", "int32"):
        value, typed = (X, kind), {"output_type": kind}
        yield one("Equal", f"of {kind}", "Equal", value, value, output_type="bool")
        yield one("Select", f"of {kind}", "Where", logical, value, value, **typed)
        yield one("Concat", f"of {kind}", "Concat", value, value, axis=1, **typed)
        yield one("Tile", f"of {kind}", "Tile", value, constant([1, 2, 1]), **typed)
        yield one("BroadcastTo", f"of {kind}", "Expand", ((2, 1, 10), kind), constant([2, 6, 10]), **typed)
        yield one("Reshape", f"of {kind}", "Reshape", value, constant([12, 10]), **typed)
        yield one("Transpose", f"of {kind}", "Transpose", value, perm=[1, 0, 2], **typed)
        yield one("StridedSlice", f"of {kind}", "Slice", value, constant([5]), constant([0]), constant([2]),
                  constant([-2]), **typed)


def refused_cases():
    """What TFLite has no kernel for: no file may be written."""
    whole, logical, blocks = (X, "int64"), (X, "bool"), ((1, 8, 2, 2), "bool")
    yield one("Div", "of int64", "Div", whole, constant([3]), output_type="int64")
    yield one("Pow", "of int64", "Pow", whole, constant(4), output_type="int64")
    yield one("Square", "of int64", "ReduceSumSquare", whole, constant([1]), output_type="int64")
    yield one("Abs", "of int64", "ReduceL1", whole, constant([1]), output_type="int64")
    yield one("ArgMax", "of int64", "ArgMax", whole, output_type="int64")
    yield one("Split", "of bool", "Split", logical, outputs=2, axis=1, num_outputs=2, output_type="bool")
    yield one("DepthToSpace", "of bool", "DepthToSpace", blocks, blocksize=2, output_type="bool")
    yield one("SpaceToDepth", "of bool", "SpaceToDepth", blocks, blocksize=2, output_type="bool")


def written_as_several():
    picture = (1, 6, 5, 7)
    ones = np.ones(6, np.float32)
    yield one("Minimum", "Clip", "Clip", X, constant(-0.7, np.float32), constant(1.3, np.float32))
    yield one("Mul", "HardSigmoid", "HardSigmoid", X)
    yield one("Mul", "Mish", "Mish", X)
    yield one("Log", "Softplus", "Softplus", X)
    yield one("Div", "Softsign", "Softsign", X)
    yield one("Elu", "Selu", "Selu", X, resolver=DEFAULT)
    yield one("Elu", "Celu", "Celu", X, resolver=DEFAULT, alpha=0.5)
    yield one("SquaredDifference", "LayerNormalization", "LayerNormalization", X, weights(10), weights(10))
    yield one("SquaredDifference", "InstanceNormalization", "InstanceNormalization", picture, ones, weights(6))
    yield one("Sqrt", "ReduceL2", "ReduceL2", X, constant([2]), keepdims=0)
    yield one("Exp", "ReduceLogSumExp", "ReduceLogSumExp", X, constant([1]))
    yield one("FullyConnected", "Einsum", "Einsum", picture, weights(4, 6), equation="bchw,oc->bohw")
    yield one("BatchMatMul", "Einsum", "Einsum", picture, (1, 4, 5, 7), equation="bchw,bdhw->bcd")
    yield one("Select", "Trilu", "Trilu", picture)
    yield one("Gather", "GatherElements", "GatherElements", (6, 10), constant([[3, -1], [0, 2]]), axis=1)
    yield one("Gather", "GatherND", "GatherND", picture, constant([[0, 3], [0, -1]]))
    yield one("Gather", "ScatterND", "ScatterND", picture, constant([[0, 3], [0, 1]]), (2, 5, 7))
    yield one("Gather", "ScatterElements", "ScatterElements", (6, 10), constant([[3, -1], [0, 2]]), (2, 2), axis=1)
    yield one("AveragePool2D", "Relu, padding counts", "AveragePool", picture, kernel_shape=[3, 3], pads=[1, 1, 1, 1],
              then=RELU, count_include_pad=1)


def float_cases():
    for family in (real_functions, whole_numbers, bools_and_movements, written_as_several):
        yield from family()
