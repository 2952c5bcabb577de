"""The most memory that a conversion takes, above what the executable takes for any network; and a training."""

import json
import sys
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import peers

sys.path.append(str(peers.ROOT / "scripts"))
from bench import processes  # noqa: E402

CHANNELS = 1024  # 4 MB a layer
MOST = 1.5  # times the file: the weights once, and what is left of a layer or two


def network(path, channels, layers, pixels=4):
    """A chain of 1x1 convolutions; returns the megabytes of the file."""
    random = np.random.default_rng(3)
    nodes, weights = [], []
    for i in range(layers):
        values = random.normal(0, (2 / channels) ** 0.5, (channels, channels, 1, 1)).astype(np.float32)
        weights.append(numpy_helper.from_array(values, f"w{i}"))
        nodes.append(helper.make_node("Conv", [f"x{i}", f"w{i}"], [f"c{i}"]))
        nodes.append(helper.make_node("Relu", [f"c{i}"], [f"x{i + 1}"]))
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, channels, pixels, pixels]) for name in ("x0", f"x{layers}")
    ]
    graph = helper.make_graph(nodes, "chain", ends[:1], ends[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, path)
    return path.stat().st_size / 1e6


def external_network(folder, channels, layers):
    """A chain of matrix products, [in, out] as PyTorch exports them, so that none is written as it lies."""
    random = np.random.default_rng(3)
    nodes, weights = [], []
    for i in range(layers):
        values = random.normal(0, channels**-0.5, (channels, channels)).astype(np.float32)
        weights.append(numpy_helper.from_array(values, f"w{i}"))
        nodes.append(helper.make_node("MatMul", [f"x{i}", f"w{i}"], [f"x{i + 1}"]))
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, channels]) for name in ("x0", f"x{layers}")]
    graph = helper.make_graph(nodes, "chain", ends[:1], ends[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    (folder / "weights.bin").unlink(missing_ok=True)
    onnx.save(model, folder / "model.onnx", save_as_external_data=True, location="weights.bin")
    return (folder / "weights.bin").stat().st_size / 1e6


class Memory(unittest.TestCase):
    def peak_mb(self, folder, channels, layers, samples=20):
        size_mb = network(folder / "model.onnx", channels, layers)
        random = np.random.default_rng(4)
        np.save(folder / "samples.npy", random.normal(0, 1, (samples, channels, 4, 4)).astype(np.float32))
        cost = processes.measure(peers.BUILD / "bin/qconvert", folder / "model.onnx", "--data",
                                 folder / "samples.npy", "--threads", "2", "-q", "-o", folder / "out.tflite")
        return cost.peak_mb, size_mb

    def float_peak_mb(self, folder, channels, layers):
        """Of a conversion to a float file; the weights lie in a file of their own."""
        size_mb = external_network(folder, channels, layers)
        cost = processes.measure(peers.BUILD / "bin/qconvert", folder / "model.onnx", "--float", "-q",
                                 "-o", folder / "out.tflite")
        return cost.peak_mb, size_mb

    def test_float_weights_lie_in_memory_once(self):
        folder = peers.fresh_folder("float_memory")
        own_mb, _ = self.float_peak_mb(folder, 16, 2)
        peak_mb, size_mb = self.float_peak_mb(folder, CHANNELS, 20)
        self.assertLess((peak_mb - own_mb) / size_mb, MOST)

    def test_weights_lie_in_memory_once(self):
        folder = peers.fresh_folder("memory")
        own_mb, _ = self.peak_mb(folder, 16, 2)
        peak_mb, size_mb = self.peak_mb(folder, CHANNELS, 20)
        self.assertLess((peak_mb - own_mb) / size_mb, MOST)


class TrainingMemory(unittest.TestCase):
    """What qtune says that a run takes is what it takes."""

    def require_stated(self, channels, pixels, *flags):
        folder = peers.fresh_folder("training_memory")
        network(folder / "model.onnx", channels, 12, pixels)
        values = np.random.default_rng(4).normal(0, 1, (40, channels, pixels, pixels)).astype(np.float32)
        np.save(folder / "samples.npy", values)
        cost = processes.measure(peers.BUILD / "bin/qtune", folder / "model.onnx", "--data", folder / "samples.npy",
                                 "--epochs", 3, "--threads", 2, "-q", "--json", folder / "run.json",
                                 "-o", folder / "out.tflite", *flags)
        stated_mb = json.loads((folder / "run.json").read_text())["memory_bytes"] / 1e6
        self.assertLess(abs(cost.peak_mb - stated_mb), 0.1 * cost.peak_mb, f"stated {stated_mb:.0f} MB")
        return cost.peak_mb

    def test_many_parameters(self):
        whole = self.require_stated(512, 4, "--batch", 8)
        self.assertLess(self.require_stated(512, 4, "--batch", 8, "--micro-batch", 1), 0.75 * whole)

    def test_large_activations(self):
        self.require_stated(16, 160, "--batch", 8)


if __name__ == "__main__":
    unittest.main()
