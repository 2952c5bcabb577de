"""Integer kernels of LiteRT that our quantizer leaves: how far their results are from the reals that their operands stand for.

A kernel is right if every result is within one step, and every truth value exact. The table that this prints is the reason why
an operator is float, and RIGHT says which of them would be right; a LiteRT that computes otherwise fails here.
"""

import math
import unittest

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

import peers

RESOLVERS = {"reference": peers.REFERENCE, "default": peers.DEFAULT, "xnnpack": peers.XNNPACK}
SHAPE = (8, 20)
COMPARISONS = {
    "EQUAL": np.equal, "NOT_EQUAL": np.not_equal, "LESS": np.less, "LESS_EQUAL": np.less_equal,
    "GREATER": np.greater, "GREATER_EQUAL": np.greater_equal,
}
REDUCTIONS = {"SUM": np.sum, "REDUCE_PROD": np.prod}
OPTIONS = {"SUM": "Reducer", "REDUCE_PROD": "Reducer", "SQUARE": "Square"}
TURNS = 60
# By operator and how its operands are stored: the resolvers whose kernels are right.
RIGHT = {
    **{(name, how): frozenset() for name in COMPARISONS for how in ("equal scales", "other scales")},
    ("SUM", ""): frozenset({"default", "xnnpack"}),
    ("REDUCE_PROD", ""): frozenset(),
    ("SQUARE", ""): frozenset(),  # there is none
}


def tensor(name, shape, kind, params=None, buffer=0):
    made = schema.TensorT()
    made.name, made.shape, made.hasRank, made.buffer = name, list(shape), True, buffer
    made.type = getattr(schema.TensorType, kind)
    if params:
        made.quantization = schema.QuantizationParametersT()
        made.quantization.scale, made.quantization.zeroPoint = [float(params[0])], [int(params[1])]
    return made


def file_of(name, operands, result):
    """The bytes of a file of one operator. A reduction is along the last axis."""
    operator, code = schema.OperatorT(), schema.OperatorCodeT()
    options = OPTIONS.get(name) or "".join(word.capitalize() for word in name.split("_"))
    operator.builtinOptions = getattr(schema, f"{options}OptionsT")()
    operator.builtinOptionsType = getattr(schema.BuiltinOptions, f"{options}Options")
    code.builtinCode = code.deprecatedBuiltinCode = getattr(schema.BuiltinOperator, name)
    code.version = 1 if name == "SQUARE" else 2
    model, graph = schema.ModelT(), schema.SubGraphT()
    graph.tensors = [tensor(f"x{i}", SHAPE, "INT8", params) for i, params in enumerate(operands)]
    model.buffers = [schema.BufferT()]
    if name in REDUCTIONS:
        axis = schema.BufferT()
        axis.data = np.frombuffer(np.int32(1).tobytes(), np.uint8)
        model.buffers.append(axis)
        graph.tensors.append(tensor("axis", (1,), "INT32", buffer=1))
    operator.inputs = list(range(len(graph.tensors)))
    operator.outputs = [len(graph.tensors)]
    shape = SHAPE[:1] if name in REDUCTIONS else SHAPE
    graph.tensors.append(tensor("y", shape, "INT8" if result else "BOOL", result))
    graph.operators, graph.inputs, graph.outputs = [operator], list(range(len(operands))), operator.outputs
    model.version, model.operatorCodes, model.subgraphs = 3, [code], [graph]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def reals(steps, params):
    return (steps.astype(np.float64) - params[1]) * params[0]


def params_of(values):
    """The parameters of int8 that just hold some reals and 0."""
    least, most = min(values.min(), 0), max(values.max(), 0)
    scale = np.float32((most - least) / 255)
    return float(scale), int(np.clip(round(-128 - least / scale), -128, 127))


def cases(name, random):
    """(how its operands are stored, their parameters, their steps, the result's parameters, exact results)"""
    def scale():
        return float(np.float32(math.exp(random.uniform(math.log(1e-3), 0))))

    for _ in range(TURNS):
        params = (scale(), int(random.integers(-128, 128)))
        steps = random.integers(-128, 128, SHAPE).astype(np.int8)
        if name in COMPARISONS:
            for how, other in (("equal scales", params), ("other scales", (scale(), int(random.integers(-128, 128))))):
                others = random.integers(-128, 128, SHAPE).astype(np.int8)
                yield how, (params, other), (steps, others), None, COMPARISONS[name](reals(steps, params), reals(others, other))
            continue
        if name == "REDUCE_PROD":  # of 0.68 to 1.28, where the product of twenty uses its range
            params = (1 / 100, -128)
            steps = random.integers(-60, 0, SHAPE).astype(np.int8)
        exact = np.square(reals(steps, params)) if name == "SQUARE" else REDUCTIONS[name](reals(steps, params), axis=1)
        yield "", (params,), (steps,), params_of(exact), exact


def error(path, resolver, steps, result, exact):
    """The largest number of steps that LiteRT is off by, or the share of truth values; None if it does not run the file."""
    try:
        model = peers.LiteRt(path, resolver)
    except (RuntimeError, ValueError):
        return None
    for details, values in zip(model.inputs, steps, strict=True):
        model.interpreter.set_tensor(details["index"], values)
    model.interpreter.invoke()
    found = model.interpreter.get_tensor(model.outputs[0]["index"])
    if result is None:
        return np.mean(found != exact)
    wanted = np.clip(np.round(exact / result[0]) + result[1], -128, 127)
    return np.abs(found.astype(np.float64) - wanted).max()


class LeftKernels(unittest.TestCase):
    def test_which_are_right(self):
        folder = peers.fresh_folder("left_kernels")
        worst = {}
        for name in [*COMPARISONS, *REDUCTIONS, "SQUARE"]:
            for how, operands, steps, result, exact in cases(name, np.random.default_rng(5)):
                (folder / "model.tflite").write_bytes(file_of(name, operands, result))
                for label, resolver in RESOLVERS.items():
                    found = error(folder / "model.tflite", resolver, steps, result, exact)
                    row = worst.setdefault((name, how), {})
                    row[label] = None if found is None else max(row.get(label) or 0, found)
        right = {}
        for (name, how), row in worst.items():
            print(f"{name:14} {how:13}", *(f"{label} {value if value is None else round(float(value), 3)}" for label, value in row.items()))
            bound = 0 if name in COMPARISONS else 1
            right[name, how] = frozenset(label for label, value in row.items() if value is not None and value <= bound)
        self.assertEqual(right, RIGHT)


if __name__ == "__main__":
    unittest.main()
