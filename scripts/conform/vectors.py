"""ONNX's own node tests as cases: a model of one operator, an input and the output that the standard wants."""

import dataclasses
import warnings

import numpy as np
import onnx
from onnx import numpy_helper

WIDER = {"float16": np.float32, "bfloat16": np.float32, "float64": np.float32, "uint32": np.int64, "uint16": np.int32}
EPSILON = {"float16": 2.0**-10, "bfloat16": 2.0**-7}  # the vectors round at every node, we do not
OTHER_FIELDS = {
    "ai.onnx.ml": "classical machine learning (ai.onnx.ml)",
    "ai.onnx.preview.training": "training",
    "ai.onnx.preview": "preview operators",
}
RANDOM = {"Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"}


@dataclasses.dataclass
class Case:
    name: str
    operator: str  # of the standard; an expanded form counts as the operator that it expands
    model: onnx.ModelProto
    inputs: list  # arrays
    outputs: list  # of types that our files give their outputs
    relative: float  # tolerance
    absolute: float

    def forms(self):
        """The model with every operand an input, and with constants, as networks have them."""
        yield "inputs", self.model, self.inputs
        if len(self.inputs) > 1:
            yield "constants", with_constants(self.model, self.inputs), self.inputs[:1]


def with_constants(model, inputs):
    """A copy of the model in which all inputs but the first are initializers."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    names = [value.name for value in copy.graph.input]
    for name, array in list(zip(names, inputs))[1:]:
        copy.graph.initializer.append(numpy_helper.from_array(np.asarray(array), name))
    del copy.graph.input[1:]
    return copy


def as_array(value):
    return numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else value


def widened(array):
    """The values in the type that our files give inputs and outputs."""
    array = np.asarray(array)
    return array.astype(WIDER.get(array.dtype.name, array.dtype))


def why_left_out(case, values):
    """Why a test is none of ours; nothing when it is."""
    fields = {OTHER_FIELDS[node.domain] for node in case.model.graph.node if node.domain in OTHER_FIELDS}
    if fields:
        return fields.pop()
    if "training" in case.name:
        return "training"
    if {node.op_type for node in case.model.graph.node} & RANDOM:
        return "random results"
    if not all(isinstance(value, (np.ndarray, np.generic)) for value in values):
        return "sequences and optional values"
    if any(np.asarray(value).dtype.kind in "OUS" for value in values):
        return "strings"
    return "empty tensors" if any(np.asarray(value).size == 0 for value in values) else ""


def tolerance(case, values):
    rounding = max((EPSILON.get(np.asarray(value).dtype.name, 0) for value in values), default=0)
    return max(case.rtol, 4 * rounding), max(case.atol, rounding)


def operators_of(cases):
    """Operator by name of the case; an expanded form has the name of the case that it expands in front."""
    plain = {case.name: case.model.graph.node[-1].op_type for case in cases if "_expanded" not in case.name}
    return plain | {case.name: plain[case.name.split("_expanded")[0]] for case in cases if case.name not in plain}


def collect():
    """All cases of the pinned package, and how many are left out by reason: (list, {reason: count})."""
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = collect_testcases(None)
    operators, cases, left_out = operators_of(found), [], {}
    for case in found:
        inputs, outputs = ([as_array(value) for value in values] for values in case.data_sets[0])
        reason = why_left_out(case, [*inputs, *outputs])
        if reason:
            left_out[reason] = left_out.get(reason, 0) + 1
            continue
        how_near = tolerance(case, [*inputs, *outputs])
        cases.append(Case(case.name, operators[case.name], case.model, inputs, list(map(widened, outputs)), *how_near))
    return cases, left_out
