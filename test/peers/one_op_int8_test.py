"""Every operator with an integer kernel, alone in a file: our kernels against LiteRT's on the same integers.

Reference kernels must equal LiteRT's reference kernels bit for bit; fast kernels stay within one step of them.
Where LiteRT has no reference kernel its default one is the peer, within one step as well.
"""

import collections
import unittest

import numpy as np
import onnx

import peers
import xnnpack_profile
from one_op_cases import all_cases
from one_op_file import CODES, handmade_files

CALIBRATION_SAMPLES = 8
# PAD, RESHAPE, TRANSPOSE, QUANTIZE, DEQUANTIZE: what may accompany the one operator that rounds.
COMPANIONS = {34, 22, 39, 114, 6}
LIMITS = {np.int8: (-128, 127), np.uint8: (0, 255), np.int16: (-32768, 32767)}


def random_samples(details, random, without_zero):
    """Three samples: values in turn, uniform, and extremes only; without the real number 0 if asked."""
    shape, kind = tuple(details["shape"]), details["dtype"]
    count = int(np.prod(shape))
    if kind == np.bool_:
        return random.integers(0, 2, (3, *shape)).astype(np.bool_)
    if kind == np.float32:
        return random.normal(0, 2, (3, *shape)).astype(np.float32)
    least, most = LIMITS[kind]
    samples = [
        random.permutation(np.resize(np.arange(least, most + 1, max((most - least) // 255, 1)), count)),
        random.integers(least, most + 1, count),
        random.choice([least, most], count),
    ]
    samples = np.stack(samples).reshape(3, *shape)
    zero_point = details["quantization"][1]
    if without_zero:
        samples[samples == zero_point] = zero_point - 1 if zero_point == most else zero_point + 1
    return samples.astype(kind)


def calibration(model, ranges, random):
    """Arrays by input name. Both ends of each range are seen, so calibration finds exactly it."""
    arrays = {}
    remaining = list(ranges)
    for value in model.graph.input:
        shape = [dimension.dim_value for dimension in value.type.tensor_type.shape.dim]
        if value.type.tensor_type.elem_type == onnx.TensorProto.BOOL:
            arrays[value.name] = random.integers(0, 2, (CALIBRATION_SAMPLES, *shape)).astype(np.bool_)
            continue
        low, high = remaining.pop(0)
        array = random.uniform(low, high, (CALIBRATION_SAMPLES, *shape)).astype(np.float32)
        array.flat[:2] = low, high
        arrays[value.name] = array
    return arrays


def steps_apart(ours, theirs, step):
    """How far two outputs are apart; `step` is what one is worth where they are real."""
    apart = np.abs(ours.astype(np.float64) - theirs.astype(np.float64))
    return np.round(apart / step, 3) if ours.dtype == np.float32 else apart


class Row:
    def __init__(self):
        self.files = self.elements = self.differing = 0
        self.largest = 0.0


class OneOperatorAsIntegers(unittest.TestCase):
    kind, flags = "int8", ()  # of the activations

    @classmethod
    def setUpClass(cls):
        cls.folder = peers.fresh_folder(f"one_op_{cls.kind}")
        cls.table = collections.defaultdict(Row)
        cls.listed = peers.listed_operators()

    def prepare(self, number, case, random):
        """Converts a case and writes its inputs; returns the folder."""
        folder = self.folder / f"{number:03}"
        folder.mkdir()
        onnx.save(case.model, folder / "case.onnx")
        np.savez(folder / "calibration.npz", **calibration(case.model, case.ranges, random))
        flags = (*case.flags, *self.flags, *(() if "--io" in case.flags else ("--io", self.kind)))
        peers.qconvert(folder / "case.onnx", folder / "model.tflite", "--data", folder / "calibration.npz",
                       "--calibration", "min-max", "--strict", *flags, *xnnpack_profile.flags(folder))
        code = case.code or self.listed[case.operator][0]
        self.assertIn((code, True), peers.operators(folder / "model.tflite"), "the file has no such integer operator")
        xnnpack_profile.require_true(folder)
        return folder

    def run_litert(self, folder, resolver, random, without_zero=False):
        """Writes the folder's inputs and returns LiteRT's outputs, and how much a step of its reals is."""
        model = peers.LiteRt(folder / "model.tflite", resolver)
        inputs = [random_samples(details, random, without_zero) for details in model.inputs]
        peers.write_inputs(folder, inputs)
        return model.run(inputs), model.largest_scale()

    def compare(self, operator, folder, theirs, step, exact):
        row = self.table[operator]
        row.files += 1
        for ours, reference in zip(peers.our_outputs("reference", folder), theirs, strict=True):
            self.assertEqual((ours.shape, ours.dtype), (reference.shape, reference.dtype))
            if exact:
                np.testing.assert_array_equal(ours, reference, "reference kernel")
            else:
                self.assertLessEqual(steps_apart(ours, reference, step).max(), 1, "reference kernel")
        for fast, reference in zip(peers.our_outputs("fast", folder), theirs, strict=True):
            apart = steps_apart(fast, reference, step)
            row.elements += apart.size
            row.differing += np.count_nonzero(apart)
            row.largest = max(row.largest, apart.max())
            if self.is_one_operator(folder):
                rounded = fast.dtype.name in ("int8", "uint8", "int16", "float32")
                self.assertLessEqual(apart.max(), 1 if rounded else 0, "fast kernel")

    def is_one_operator(self, folder):
        """An average pool that takes a MUL to be exact may be two steps off behind it."""
        codes = [code for code, _ in peers.operators(folder / "model.tflite")]
        return sum(code not in COMPANIONS for code in codes) <= 1

    def compare_all(self, ready):
        """Items are (operator, name, folder, LiteRT's outputs, step, whether our reference kernels must equal them)."""
        folders = [folder for _, _, folder, *_ in ready]
        peers.run_ours("reference", folders)
        peers.run_ours("fast", folders)
        for operator, name, folder, theirs, step, exact in ready:
            with self.subTest(name):
                self.compare(operator, folder, theirs, step, exact)

    def test_converted_files(self):
        random = np.random.default_rng(2)
        ready = []
        for number, case in enumerate(all_cases()):
            with self.subTest(case.name):
                folder = self.prepare(number, case, random)
                theirs, step = self.run_litert(folder, case.resolver, random)
                ready.append((case.operator, case.name, folder, theirs, step, case.resolver == peers.REFERENCE))
        self.compare_all(ready)

    def test_files_that_we_only_read(self):
        random = np.random.default_rng(3)
        ready = []
        for number, (operator, content) in enumerate(handmade_files(random)):
            folder = self.folder / f"handmade_{number}"
            folder.mkdir()
            (folder / "model.tflite").write_bytes(content)
            theirs, step = self.run_litert(folder, peers.REFERENCE, random, without_zero=operator == "Div")
            ready.append((operator, f"{operator}, file {number}", folder, theirs, step, True))
        self.compare_all(ready)

    def test_every_integer_operator_has_a_file(self):
        tested = {case.operator for case in all_cases()} | set(CODES)
        integer = {name for name, (_, arithmetic, _) in self.listed.items() if arithmetic == "integer"}
        self.assertEqual(integer - tested, set())

    @classmethod
    def tearDownClass(cls):
        print(f"{'operator':20} {'files':>5} {'elements':>9}   fast kernels differ from LiteRT's reference in")
        for name in sorted(cls.table):
            row = cls.table[name]
            share = 100 * row.differing / max(row.elements, 1)
            print(f"{name:20} {row.files:5} {row.elements:9}   {share:6.3f} %, by {row.largest:g} at most")


if __name__ == "__main__":
    unittest.main()
