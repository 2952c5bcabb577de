"""What qtune --save-onnx writes, seen by the onnx package and ONNX Runtime.

The float model is the original with other weights and nothing else changed. Folded by the paper's equations 20 and 21,
its weights are those of the integer file that was written beside it: half a step apart at most, and clamped where the
file clamps. ONNX Runtime's outputs are as near to the file's as rounding leaves them.
"""

import unittest

import numpy as np
import onnx
from onnx import numpy_helper

import peers

LAYERS = ("Conv", "Gemm")
CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED = 3, 4, 9  # TFLite's codes
LEAST_SQNR_DB = 10  # of int8 weights per layer against the float model that they stand for


def constants(model):
    """Initializers and results of Constant nodes, by name."""
    found = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Constant":
            found[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
    return found


def without_constants(model):
    """The model as bytes, the values of its constants gone."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    tensors = list(copy.graph.initializer)
    tensors += [node.attribute[0].t for node in copy.graph.node if node.op_type == "Constant"]
    for tensor in tensors:
        for field in ("raw_data", "float_data"):
            tensor.ClearField(field)
    return copy.SerializeToString(deterministic=True)


def folded_layers(model):
    """(weights [O, ..], bias [O]) of each convolution and product, in order, with the batch norm behind it."""
    values = constants(model)
    readers = {name: node for node in model.graph.node for name in node.input}
    for node in model.graph.node:
        if node.op_type not in LAYERS:
            continue
        weights = values[node.input[1]].astype(np.float64)
        bias = values[node.input[2]].astype(np.float64) if len(node.input) > 2 else np.zeros(len(weights))
        norm = readers.get(node.output[0])
        if norm is not None and norm.op_type == "BatchNormalization":
            gamma, beta, mean, variance = (values[name].astype(np.float64) for name in norm.input[1:5])
            scale = gamma / np.sqrt(variance + norm.attribute[0].f)
            weights = weights * scale.reshape(-1, *[1] * (weights.ndim - 1))
            bias = beta + scale * (bias - mean)
        yield weights, bias


def file_layers(path):
    """(integers in ONNX's order, their scale [O or 1, ..], bias steps, their scale) of each layer of a .tflite file."""
    model = peers.read_tflite(path)
    graph = model.subgraphs[0]

    def values(index, dtype):
        tensor = graph.tensors[index]
        return np.frombuffer(model.buffers[tensor.buffer].data.tobytes(), dtype).reshape(tensor.shape)

    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex].builtinCode
        if code not in (CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED):
            continue
        weights = values(operator.inputs[1], np.int8)
        if code == DEPTHWISE_CONV_2D:
            weights = weights.transpose(3, 0, 1, 2)
        elif code == CONV_2D:
            weights = weights.transpose(0, 3, 1, 2)
        scales = [np.asarray(graph.tensors[operator.inputs[i]].quantization.scale) for i in (1, 2)]
        yield weights, scales[0][0], values(operator.inputs[2], np.int32), scales[1]


class SaveOnnx(unittest.TestCase):
    def tuned(self, network, *flags):
        folder = peers.fresh_folder("save_onnx")
        original = peers.FASHION / f"{network}.onnx"
        images, labels = peers.FASHION / "images", peers.FASHION / "labels.csv"
        peers.run(
            peers.BUILD / "bin/qtune", original, "--data", images, "--labels", labels, "--validation", images,
            "--validation-labels", labels, "--mean", "0.2860", "--std", "0.3530", "--per-layer", "--epochs", 2,
            "--learning-rate", 0.003,
            "--threads", 2, "-o", folder / "model.tflite", "--save-onnx", folder / "tuned.onnx", "-q", *flags,
        )
        return onnx.load(original), onnx.load(folder / "tuned.onnx"), folder

    def check(self, network, *flags):
        original, tuned, folder = self.tuned(network, *flags)
        onnx.checker.check_model(tuned, full_check=True)
        self.assertEqual(without_constants(original), without_constants(tuned))
        before, after = constants(original), constants(tuned)
        changed = [name for name in before if not np.array_equal(before[name], after[name])]
        self.assertGreater(len(changed), 3)
        layers, in_file = list(folded_layers(tuned)), list(file_layers(folder / "model.tflite"))
        self.assertEqual(len(layers), len(in_file))
        for (weights, bias), (integers, scale, steps, step) in zip(layers, in_file, strict=True):
            steps_of_weights = np.clip(weights / scale, -127, 127)
            self.assertLessEqual(np.abs(integers.reshape(weights.shape) - steps_of_weights).max(), 0.5 + 1e-3)
            self.assertLessEqual(np.abs(steps - bias / step).max(), 0.5 + 1e-6 * np.abs(steps).max() + 0.1)
        pictures = peers.fashion_pictures(50)
        (reals,) = peers.run_onnxruntime(folder / "tuned.onnx", [pictures])
        model = peers.LiteRt(folder / "model.tflite", peers.DEFAULT)
        (integers,) = model.run(model.as_inputs([pictures.transpose(0, 1, 3, 4, 2)]))
        noise = np.square(reals - integers.reshape(reals.shape)).mean()
        self.assertGreater(10 * np.log10(np.square(reals).mean() / noise), LEAST_SQNR_DB)

    def test_norms_with_statistics_of_batches(self):
        self.check("mobilenet_bn", "--batch-norm", "corrected")

    def test_norms_that_were_folded_before_training(self):
        self.check("mobilenet_bn", "--batch-norm", "frozen")

    def test_a_model_without_norms(self):
        self.check("mobilenet")


if __name__ == "__main__":
    unittest.main()
