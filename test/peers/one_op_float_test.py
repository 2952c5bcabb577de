"""Every operator that we write, alone in a float file: our kernels against LiteRT's reference and XNNPACK's.

The bound. A float32 operation errs by at most u = 2^-24 of its result, so a sum of n products errs by (n + 1) u times
the sum of their magnitudes, in whatever order it is taken; two such sums are apart by twice that. The magnitudes come
from ONNX Runtime: the same network with |weights| on |inputs|. Functions such as tanh are approximated to some 8 u.
"""

import math
import unittest

import numpy as np
import onnx
from onnx import numpy_helper

import peers
import xnnpack_profile
from float_cases import float_cases, refused_cases
from one_op_cases import all_cases

SAMPLES = 2
UNIT = 2.0**-24
WHOLE = {onnx.TensorProto.INT64: np.int64, onnx.TensorProto.INT32: np.int32}
APPROXIMATION = 8  # units, of a function
# QUANTIZE and DEQUANTIZE: of integers. FLOOR_DIV: ONNX has none, we only read it.
NOT_IN_FLOAT_FILES = {"Quantize", "Dequantize", "FloorDiv"}
LINEAR = {"Conv", "ConvTranspose", "Gemm", "MatMul", "AveragePool", "GlobalAveragePool", "ReduceMean", "ReduceSum",
          "Einsum"}


def random_inputs(case, random):
    ranges = list(case.ranges)
    inputs = []
    for value in case.model.graph.input:
        shape = (SAMPLES, *(dimension.dim_value for dimension in value.type.tensor_type.shape.dim))
        kind = value.type.tensor_type.elem_type
        low, high = ranges.pop(0)
        if kind == onnx.TensorProto.BOOL:
            inputs.append(random.integers(0, 2, shape).astype(np.bool_))
        elif kind in WHOLE:
            inputs.append(random.integers(0 if case.operator == "Gather" else -9, 9, shape).astype(WHOLE[kind]))
        else:
            inputs.append(random.uniform(low, high, shape).astype(np.float32))
    return inputs


def terms(model):
    """At most how many numbers go into one result."""
    constants = {value.name: numpy_helper.to_array(value).shape for value in model.graph.initializer}
    inputs = [tuple(d.dim_value for d in value.type.tensor_type.shape.dim) for value in model.graph.input]
    return max(math.prod(shape) for shape in [*constants.values(), *inputs])


def magnitudes(case, folder, inputs):
    """What rounding errors of the results are relative to, one array for each."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    del model.graph.node[1:]
    if model.graph.node[0].op_type not in LINEAR:
        return None
    for value in model.graph.initializer:
        if value.data_type == onnx.TensorProto.FLOAT:
            value.CopyFrom(numpy_helper.from_array(np.abs(numpy_helper.to_array(value)), value.name))
    model.graph.output[0].name = model.graph.node[0].output[0]
    onnx.save(model, folder / "magnitudes.onnx")
    return peers.run_onnxruntime(folder / "magnitudes.onnx", [np.abs(array) for array in inputs])


class OneOperatorInFloat(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = peers.fresh_folder("one_op_float")
        cls.cases = [case for case in [*all_cases(), *float_cases()] if case.operator not in NOT_IN_FLOAT_FILES]
        cls.listed = peers.listed_operators()

    def prepare(self, number, case, random):
        """Converts in ONNX's layout, as ONNX Runtime takes the inputs; returns LiteRT's outputs and bounds."""
        folder = self.folder / f"{number:03}"
        folder.mkdir()
        onnx.save(case.model, folder / "case.onnx")
        peers.qconvert(folder / "case.onnx", folder / "model.tflite", "--float", "--layout", "keep",
                       *xnnpack_profile.flags(folder))
        xnnpack_profile.require_true(folder)
        code = case.code or self.listed[case.operator][0]
        self.assertIn(code, [found for found, _ in peers.operators(folder / "model.tflite")])
        inputs = random_inputs(case, random)
        peers.write_inputs(folder, inputs)
        theirs = [peers.LiteRt(folder / "model.tflite", kind).run(inputs) for kind in (case.resolver, peers.XNNPACK)]
        return folder, theirs, self.bounds(case, folder, inputs, theirs[0])

    def bounds(self, case, folder, inputs, outputs):
        sizes = magnitudes(case, folder, inputs)
        if sizes:
            return [2 * (terms(case.model) + APPROXIMATION) * UNIT * size for size in sizes]
        largest = max([np.abs(array).max() for array in [*inputs, *outputs] if array.dtype == np.float32], default=0)
        return [2 * (APPROXIMATION + 1) * UNIT * largest] * len(outputs)

    def test_files_agree(self):
        random = np.random.default_rng(4)
        ready = []
        for number, case in enumerate(self.cases):
            with self.subTest(case.name):
                ready.append((case, *self.prepare(number, case, random)))
        peers.run_ours("fast", [folder for _, folder, *_ in ready])
        for case, folder, theirs, bounds in ready:
            for runtime, outputs in zip(("reference kernels", "XNNPACK"), theirs):
                with self.subTest(f"{case.name}, {runtime}"):
                    self.compare(peers.our_outputs("fast", folder), outputs, bounds)

    def compare(self, ours, theirs, bounds):
        for a, b, bound in zip(ours, theirs, bounds, strict=True):
            self.assertEqual((a.shape, a.dtype), (b.shape, b.dtype))
            if a.dtype != np.float32:
                np.testing.assert_array_equal(a, b)
                continue
            share = np.abs(a.astype(np.float64) - b) / np.maximum(bound, 1e-30)
            self.assertLessEqual(share.max(), 1, "of the bound")

    def test_what_tflite_has_no_kernel_for_is_refused(self):
        for case in refused_cases():
            with self.subTest(case.name):
                onnx.save(case.model, self.folder / "refused.onnx")
                with self.assertRaisesRegex(RuntimeError, f"(?s)exit 4: .*{case.operator}"):
                    peers.qconvert(self.folder / "refused.onnx", self.folder / "refused.tflite", "--float")
                self.assertFalse((self.folder / "refused.tflite").exists())

    def test_every_operator_that_is_written_has_a_file(self):
        written = {name for name, (code, *_) in self.listed.items() if code is not None}
        self.assertEqual(written - {case.operator for case in self.cases}, NOT_IN_FLOAT_FILES)


if __name__ == "__main__":
    unittest.main()
