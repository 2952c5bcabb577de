"""Files whose batch is open: LiteRT runs several samples at once and gives what it gives for each alone."""

import unittest

import numpy as np
import onnx

import peers
from encoders_test import TOKENS, WIDTH, Encoder

SAMPLES = 4
RESOLVERS = {"reference": peers.REFERENCE, "default": peers.DEFAULT, "xnnpack": peers.XNNPACK}
ROUNDING = 1e-5  # of the largest value: sums of floats may take another order for more rows; the last softmax is float


def mixer(path):
    """Tokens and channels in turn: moves, matrix products of three axes, norms, slices and a mean; the batch has a name."""
    encoder = Encoder(17)
    x = encoder.input("x", np.zeros((1, TOKENS, WIDTH), np.float32))
    for _ in range(2):
        across = encoder.emit("Transpose", encoder.layer_norm(x), perm=[0, 2, 1])
        mixed = encoder.emit("Relu", encoder.linear(across, TOKENS, TOKENS))
        x = encoder.emit("Add", x, encoder.emit("Transpose", mixed, perm=[0, 2, 1]))
        x = encoder.emit("Add", x, encoder.emit("Sigmoid", encoder.linear(encoder.layer_norm(x), WIDTH, WIDTH)))
    first, second = encoder.emit("Split", x, encoder.constant([20, 12], np.int64), outputs=2, axis=1)
    flat = encoder.emit("Flatten", encoder.emit("Concat", second, first, axis=1))
    y = encoder.linear(flat, TOKENS * WIDTH, 10)
    graph = onnx.helper.make_graph(
        encoder.nodes, "mixer", encoder.inputs,
        [onnx.helper.make_tensor_value_info(y, onnx.TensorProto.FLOAT, ["batch", 10])], encoder.constants)
    graph.input[0].type.tensor_type.shape.dim[0].dim_param = "batch"
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def run(interpreter, values):
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], values)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


class OpenBatch(unittest.TestCase):
    def require_open(self, model, rounding, *flags):
        folder = peers.fresh_folder("open_batch")
        peers.qconvert(model, folder / "model.tflite", *flags)
        for name, resolver in RESOLVERS.items():
            interpreter = peers.LiteRt(folder / "model.tflite", resolver).interpreter
            details = interpreter.get_input_details()[0]
            self.assertEqual(details["shape_signature"][0], -1)
            self.assertEqual(interpreter.get_output_details()[0]["shape_signature"][0], -1)
            random = np.random.default_rng(1)
            values = random.normal(0, 1, (SAMPLES, *details["shape"][1:])).astype(np.float32)
            alone = np.concatenate([run(interpreter, values[i:i + 1]) for i in range(SAMPLES)])
            interpreter.resize_tensor_input(details["index"], values.shape, strict=True)
            interpreter.allocate_tensors()
            together = run(interpreter, values)
            self.assertEqual(together.shape, alone.shape)
            self.assertLessEqual(np.abs(together - alone).max(), rounding * np.abs(alone).max(), f"{model} {flags} {name}")

    def test_convolutions(self):
        for name in ("resnet", "mobilenet_bn", "nasnet_bn", "inception_bn"):
            self.require_open(peers.FASHION / f"{name}.onnx", ROUNDING, "--float")
            self.require_open(peers.FASHION / f"{name}.onnx", ROUNDING, *peers.FASHION_FLAGS)

    def test_mixer(self):
        model = peers.fresh_folder("mixer") / "mixer.onnx"
        mixer(model)
        self.require_open(model, ROUNDING, "--float")
        # Its norms are float, and what they are off by may make a step of the integers that follow.
        self.require_open(model, 0.02)

    def test_a_shape_that_is_given_is_kept(self):
        output = peers.fresh_folder("open_batch") / "model.tflite"
        peers.qconvert(peers.FASHION / "resnet.onnx", output, "--float", "--shape", "input:1x1x28x28")
        self.assertIsNone(peers.read_tflite(output).subgraphs[0].tensors[0].shapeSignature)

    def test_the_node_that_keeps_it_at_one_is_named(self):
        output = peers.fresh_folder("open_batch") / "model.tflite"
        said = peers.run(peers.BUILD / "bin/qconvert", peers.FASHION / "unet_bn.onnx", "--float", "-o", output)
        self.assertRegex(said, r"batch: +1, for node '.*' \(TransposeConv2D\)")
        self.assertIsNone(peers.read_tflite(output).subgraphs[0].tensors[0].shapeSignature)


if __name__ == "__main__":
    unittest.main()
