"""Whatever the ranges: a file that qconvert writes is prepared and run by LiteRT, in a process of its own.

Random networks of one or two operators, with every operator that has an integer kernel, are calibrated on hostile
ranges: tiny, huge, of one value, asymmetric, far apart. qconvert may refuse a network, but not as its own error.
A failure names the folder that keeps the network, and the seed and the number that make it again.
"""

import collections
import copy
import os
import pathlib
import subprocess
import sys
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import peers
from one_op_cases import all_cases, one, weights
from one_op_file import CODES

SEED = int(os.environ.get("QCONVERT_SEED", 1))
ROUNDS = int(os.environ.get("QCONVERT_ROUNDS", 4))  # networks for each operator
SAMPLES = 2
REFUSED = (3, 4)  # unusable or unsupported
LARGEST = np.finfo(np.float32).max
WITHOUT_NEGATIVE = {"Sqrt", "Log", "Pow"}  # real nowhere else
FLAGS = ((), ("--io", "int8"), ("--io", "uint8"), ("--per-layer",), ("--bits", "4", "--all-layers"), ("--bits", "4", "--all-layers", "--per-layer"),
         ("--calibration", "min-max", "--io", "int8"), ("data-free",), ("--weights-only",), ("--float",), ("--activation-bits", "16"),
         ("--activation-bits", "16", "--io", "int16"))

RUNNER = """
import sys
import numpy as np
import peers
resolvers = {"reference": peers.REFERENCE, "default": peers.DEFAULT, "XNNPACK": peers.XNNPACK}
for folder in sys.argv[1:]:
    for name, resolver in resolvers.items():
        print(folder, name, "died", flush=True)
        try:
            model = peers.LiteRt(folder + "/model.tflite", resolver)
            calibration = np.load(folder + "/calibration.npz")
            random = np.random.default_rng(1)
            inputs = []
            for details in model.inputs:
                shape, kind = tuple(details["shape"]), details["dtype"]
                if kind == np.float32:
                    inputs.append(calibration[details["name"]].reshape(-1, *shape)[:1])
                else:
                    ends = (0, 2) if kind == np.bool_ else (np.iinfo(kind).min, np.iinfo(kind).max + 1)
                    inputs.append(random.integers(*ends, (1, *shape)).astype(kind))
            model.run(inputs)
            print(folder, name, "runs", flush=True)
        except Exception as error:
            lacks = name == "reference" and "Didn't find op" in str(error)
            print(folder, name, "runs" if lacks else " ".join(str(error).split())[-200:], flush=True)
"""


def hostile_range(random):
    """Two ends, most of them of sizes whose products are finite."""
    size = float(10 ** random.uniform(-9, 9))
    far = float(10 ** random.uniform(-40, 38))
    least, most = [
        (-size, size * random.uniform(0.1, 2)),
        (0, size),
        (-size, 0),
        (-size, size * 1e6),
        (size, size),  # one value
        (size, size * 1.0001),
        (0, 0),
        (-far, far),
        (0, far),
        (-1e4, 0),  # masks
        (-LARGEST, 0),
        (-2, 3),
    ][random.integers(12)]
    return np.float32(least), np.float32(most)


def values_in(ends, shape, random):
    array = random.uniform(*map(np.float64, ends), shape).astype(np.float32)
    if random.random() < 0.3:  # nothing in between, as masks
        array = random.choice(np.asarray(ends, np.float32), shape)
    return np.clip(array, *ends)


def uniform(shape):
    return np.random.default_rng(1).uniform(-1, 1, (SAMPLES, *shape)).astype(np.float32)


def random_transposed_convolution(random):
    """Any stride, filter, pads and output padding."""
    filter_shape, stride, size = (random.integers(1, most, 2).tolist() for most in (5, 4, 6))
    x, w = (1, 3, *size), weights(3, 2, *filter_shape)
    attributes = {"strides": stride}
    full = [(n - 1) * s + f for n, s, f in zip(size, stride, filter_shape)]
    if random.random() < 0.5:
        attributes["output_shape"] = [max(1, n + int(random.integers(-2, 6))) for n in full]
    else:
        attributes["pads"] = random.integers(0, 2, 4).tolist()
        attributes["output_padding"] = [int(random.integers(0, s)) for s in stride]
    operands = [x, w, *([weights(2)] if random.random() < 0.5 else [])]
    return one("TransposeConv2D", str(attributes), "ConvTranspose", *operands, **attributes)


def append_operator(graph, random):
    """Lets a second operator read the last result."""
    last = graph.output[0].name
    other = numpy_helper.from_array(np.asarray(hostile_range(random)[1], np.float32), "other")
    op_type, operands = [
        ("Relu", [last]), ("Sigmoid", [last]), ("Softmax", [last]), ("HardSwish", [last]), ("Abs", [last]),
        ("Exp", [last]), ("Add", [last, "other"]), ("Sub", ["other", last]), ("Mul", [last, "other"]),
        ("Max", [last, "other"]), ("Add", [last, last]), ("Sub", [last, last]), ("Mul", [last, last]),
    ][random.integers(13)]
    graph.node.append(helper.make_node(op_type, operands, ["appended"], name="appended"))
    if "other" in operands:
        graph.initializer.append(other)
    graph.output[0].name = "appended"
    return op_type


def hostile_network(case, random):
    """Returns a copy of the case's network with other constants, its calibration, and a line that describes both."""
    model = copy.deepcopy(case.model)
    graph = model.graph
    recipe = [case.name]
    positive = graph.node[0].op_type in WITHOUT_NEGATIVE
    if len(graph.node) == 1 and len(graph.output) == 1 and not positive and random.random() < 0.4 and \
            graph.output[0].type.tensor_type.elem_type == TensorProto.FLOAT:
        recipe.append(f"then {append_operator(graph, random)}")
    for constant in graph.initializer:
        array = numpy_helper.to_array(constant)
        if array.dtype == np.float32 and array.size > 1 and random.random() < 0.4:
            factor = np.float32(10 ** random.uniform(-9, 9))
            constant.CopyFrom(numpy_helper.from_array((array * factor).astype(np.float32), constant.name))
            recipe.append(f"{constant.name} x {factor:.2g}")
    calibration = {}
    for value in graph.input:
        shape = [SAMPLES, *(dimension.dim_value for dimension in value.type.tensor_type.shape.dim)]
        if value.type.tensor_type.elem_type == TensorProto.BOOL:
            calibration[value.name] = random.integers(0, 2, shape).astype(np.bool_)
            continue
        ends = hostile_range(random)
        if positive:
            ends = sorted(map(abs, ends))
        recipe.append(f"{value.name} in [{ends[0]:.3g}, {ends[1]:.3g}]")
        calibration[value.name] = values_in(ends, shape, random)
    return model, calibration, ", ".join(recipe)


def known_networks():
    """(case, calibration): what others met."""
    x, wide = (2, 8), (1, 4, 5, 5)
    tiny = one("Add", "a tiny number", "Add", x, np.float32([1e-6]))
    yield tiny, {"x0": np.zeros((1, *x), np.float32)}
    mask = np.where(np.arange(8) < 4, 0, -LARGEST).astype(np.float32)
    yield one("Add", "a mask of the lowest float", "Add", x, mask, then=("Softmax",)), {"x0": uniform(x)}
    cancelling = np.float32([1, -1, 1, -1]).reshape(1, 4, 1, 1).repeat(3, 0)
    alike = uniform((1, 2, 5, 5)).repeat(2, 2) * np.float32(1e5)
    yield one("Conv2D", "of channels that cancel", "Conv", wide, cancelling), {"x0": alike}
    odd = one("TransposeConv2D", "17x16", "ConvTranspose", (1, 3, 8, 8), weights(3, 5, 4, 4), strides=[2, 2],
              output_shape=[17, 16])
    yield odd, {"x0": uniform((1, 3, 8, 8))}


class HostileRanges(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = peers.fresh_folder("hostile_ranges")

    def setUp(self):
        self.recipes = {}  # by folder
        self.exits = collections.Counter()

    def convert_random(self, number, case, random):
        """Returns the folder of the converted network; None when it was refused."""
        model, calibration, recipe = hostile_network(case, random)
        flags = FLAGS[random.integers(len(FLAGS))] if random.random() < 0.6 else ()
        return self.convert(f"{number:04}", model, calibration, f"seed {SEED}, number {number}: {recipe}", flags)

    def convert(self, name, model, calibration, recipe, flags):
        """Returns the folder of the converted network; None when it was refused."""
        folder = self.folder / name
        folder.mkdir()
        onnx.save(model, folder / "case.onnx")
        np.savez(folder / "calibration.npz", **calibration)
        data = () if "data-free" in flags else ("--data", folder / "calibration.npz")
        flags = [flag for flag in flags if flag != "data-free"]
        command = [peers.BUILD / "bin/qconvert", folder / "case.onnx", "-o", folder / "model.tflite", "-q", *flags, *data]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        self.recipes[str(folder)] = f"{recipe}, {' '.join(flags)}, {folder}"
        self.exits[done.returncode] += 1
        with self.subTest(self.recipes[str(folder)]):
            self.assertIn(done.returncode, (0, *REFUSED), done.stderr)
        return folder if done.returncode == 0 else None

    def run_litert(self, folders):
        """Runs the files in a process; where it dies, another one goes on behind the file that ended it."""
        outcomes = {}
        remaining = [str(folder) for folder in folders]
        while remaining:
            done = subprocess.run([sys.executable, "-B", "-W", "ignore", "-c", RUNNER, *remaining],
                                  capture_output=True, text=True, cwd=pathlib.Path(__file__).parent)
            seen = [line.split(" ", 2) for line in done.stdout.splitlines() if line.startswith(str(self.folder))]
            outcomes.update({(folder, resolver): outcome for folder, resolver, outcome in seen})
            if done.returncode == 0:
                break
            self.assertTrue(seen, done.stderr)
            remaining = remaining[remaining.index(seen[-1][0]) + 1:]
        return outcomes

    def require_runs(self, folders):
        for (folder, resolver), outcome in self.run_litert(folders).items():
            with self.subTest(self.recipes[folder]):
                self.assertEqual(outcome, "runs", resolver)

    def test_networks_that_litert_once_refused(self):
        folders = []
        for case, calibration in known_networks():
            for flags in ((), ("--io", "int8"), ("--float",)):
                name = f"{case.operator}{''.join(flags)}_{len(folders)}"
                folders.append(self.convert(name, case.model, calibration, case.name, flags))
                self.assertIsNotNone(folders[-1], self.recipes)
        self.require_runs(folders)

    def test_litert_prepares_and_runs_what_is_written(self):
        operators = collections.defaultdict(list)
        for case in all_cases():
            operators[case.operator].append(case)
        integer = {name for name, (_, arithmetic, _) in peers.listed_operators().items() if arithmetic == "integer"}
        folders, number = [], 0
        for _ in range(ROUNDS):
            for name in sorted(operators):
                random = np.random.default_rng([SEED, number])
                case = operators[name][random.integers(len(operators[name]))]
                if name == "TransposeConv2D":
                    case = random_transposed_convolution(random)
                folders.append(self.convert_random(number, case, random))
                number += 1
        written = [folder for folder in folders if folder]
        self.require_runs(written)
        print(f"seed {SEED}: {number} networks, of {len(operators)} operators, exits {dict(self.exits)}")
        self.assertEqual(integer - set(operators) - set(CODES), set(), "operators without a network")
        self.assertGreater(len(written), number / 2)


if __name__ == "__main__":
    unittest.main()
