"""Every example of the man pages runs, as it stands there, on a small network and pictures.

The man pages are made of the same text as --help, and a structure test keeps them equal.
"""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import numpy as np
import onnx
from onnx import helper, numpy_helper

import peers

PICTURES = peers.ROOT / "testdata/fashion_mnist"
JUDGED = {0, 1, 6}  # random weights may fail a gate, and few samples leave one undecided


def weights(name, *shape):
    values = np.random.default_rng(len(name)).normal(size=shape).astype(np.float32)
    return numpy_helper.from_array(values / np.sqrt(np.prod(shape[1:])), name)


def network():
    """Pictures of three channels to ten scores."""
    nodes = [
        helper.make_node("Conv", ["x", "conv_w"], ["c"], "conv", strides=[2, 2]),
        helper.make_node("Relu", ["c"], ["r"], "relu"),
        helper.make_node("GlobalAveragePool", ["r"], ["p"], "pool"),
        helper.make_node("Flatten", ["p"], ["f"], "flatten"),
        helper.make_node("Gemm", ["f", "fc_w"], ["y"], "fc", transB=1),
    ]
    x = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, 3, 28, 28])
    y = helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1, 10])
    graph = helper.make_graph(nodes, "small", [x], [y], [weights("conv_w", 8, 3, 3, 3), weights("fc_w", 10, 8)])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def copy(pictures, folder):
    folder.mkdir()
    for picture in pictures:
        shutil.copy(picture, folder)


def examples(tool):
    """The commands between 'Examples:' and 'Exit codes:' of a tool's help."""
    text = subprocess.run([peers.BUILD / "bin" / tool, "--help"], capture_output=True, text=True, check=True).stdout
    lines = text.split("Examples:\n")[1].split("Exit codes:")[0].splitlines()
    return [line.split(" # ")[0].strip() for line in lines]


class Examples(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        for name in ("model.onnx", "bigger.onnx"):
            onnx.save(network(), self.folder / name)
        pictures = sorted((PICTURES / "images").iterdir())[:40]
        for name in ("photos", "val", "train"):
            copy(pictures, self.folder / name)
        for name in ("val.csv", "train.csv"):
            shutil.copy(PICTURES / "labels.csv", self.folder / name)
        values = np.random.default_rng(1).normal(size=(16, 1, 3, 28, 28)).astype(np.float32)
        np.savez(self.folder / "inputs.npz", x=values)
        vectors = self.folder / "test_data_set_0"
        vectors.mkdir()
        (vectors / "input_0.pb").write_bytes(numpy_helper.from_array(values[0]).SerializeToString())

    def run_example(self, command):
        paths = f"{peers.BUILD / 'bin'}:{os.environ['PATH']}"
        environment = {**os.environ, "PATH": paths}
        return subprocess.run(command, shell=True, cwd=self.folder, env=environment, capture_output=True, text=True)

    def label_as_the_network_does(self):
        """Labels that the network has no idea of are refused."""
        self.run_example("qeval model.onnx model.tflite --data val/ --dump-outputs dumped -q")
        scores = np.load(self.folder / "dumped/reference_0.npy")
        names = json.loads((self.folder / "dumped/outputs.json").read_text())["samples"]
        rows = [f"{name},{row.argmax()}" for name, row in zip(names, scores)]
        (self.folder / "val.csv").write_text("\n".join(["file,label", *rows]))

    def check_all(self, tool, codes):
        commands = examples(tool)
        self.assertTrue(commands)
        for command in commands:
            with self.subTest(command):
                self.assertTrue(command.startswith(tool))
                done = self.run_example(command)
                self.assertIn(done.returncode, codes, done.stderr)

    def test_qconvert(self):
        self.check_all("qconvert", {0})

    def test_qeval(self):
        self.assertEqual(self.run_example("qconvert model.onnx -q").returncode, 0)
        self.label_as_the_network_does()
        self.check_all("qeval", JUDGED)

    def test_qtune(self):
        self.check_all("qtune", {0})


if __name__ == "__main__":
    unittest.main()
