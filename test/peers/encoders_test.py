"""Small encoders with random weights, spelled as exporters spell the networks of their names, in LiteRT against ONNX Runtime.

Float files agree, also those of the forms that ONNX Runtime's optimizer writes; default int8 files reach LEAST_DB, with all
products of weights in integers.
"""

import math
import unittest

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import peers

SAMPLES = 16
FLOAT_BOUND = 1e-4  # of the output's range
LEAST_DB = 25
WIDTH, HEADS, LAYERS, TOKENS, WORDS = 64, 4, 3, 32, 100
SIZE = WIDTH // HEADS


class Encoder:
    """Nodes under construction; `samples` has the values of each input, one sample after the other."""

    def __init__(self, opset, seed=6):
        self.opset, self.random = opset, np.random.default_rng(seed)
        self.nodes, self.constants, self.inputs, self.samples = [], [], [], {}

    def input(self, name, values):
        kind = TensorProto.FLOAT if values.dtype == np.float32 else TensorProto.INT64
        self.inputs.append(helper.make_tensor_value_info(name, kind, [1, *values.shape[1:]]))
        self.samples[name] = values
        return name

    def constant(self, value, kind=np.float32):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, kind), name))
        return name

    def emit(self, op_type, *operands, outputs=1, **attributes):
        names = [f"t{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op_type, operands, names, name=f"n{len(self.nodes)}", **attributes))
        return names[0] if outputs == 1 else names

    def table(self, *shape, deviation=1.0):
        return self.constant(self.random.normal(0, deviation, shape))

    def reshape(self, x, *shape):
        return self.emit("Reshape", x, self.constant(shape, np.int64))

    def linear(self, x, width, out, bias_first=True):
        product = self.emit("MatMul", x, self.table(width, out, deviation=width**-0.5))
        bias = self.table(out, deviation=0.1)
        return self.emit("Add", *((bias, product) if bias_first else (product, bias)))

    def mean(self, x):
        if self.opset < 18:
            return self.emit("ReduceMean", x, axes=[-1])
        return self.emit("ReduceMean", x, self.constant([-1], np.int64))

    def layer_norm(self, x):
        scale, offset = self.constant(self.random.normal(1, 0.1, WIDTH)), self.table(WIDTH, deviation=0.1)
        if self.opset >= 17:
            return self.emit("LayerNormalization", x, scale, offset, axis=-1)
        centred = self.emit("Sub", x, self.mean(x))
        variance = self.mean(self.emit("Pow", centred, self.constant(2)))
        deviation = self.emit("Sqrt", self.emit("Add", variance, self.constant(1e-5)))
        return self.emit("Add", self.emit("Mul", self.emit("Div", centred, deviation), scale), offset)

    def gelu(self, x):
        erf = self.emit("Erf", self.emit("Div", x, self.constant(math.sqrt(2))))
        return self.emit("Mul", self.emit("Mul", x, self.emit("Add", erf, self.constant(1))), self.constant(0.5))

    def gelu_by_tanh(self, x):
        cube = self.emit("Mul", self.emit("Pow", x, self.constant(3)), self.constant(0.044715))
        argument = self.emit("Mul", self.emit("Add", x, cube), self.constant(math.sqrt(2 / math.pi)))
        sum_ = self.emit("Add", self.emit("Tanh", argument), self.constant(1))
        return self.emit("Mul", self.emit("Mul", x, self.constant(0.5)), sum_)

    def heads(self, x, perm=(0, 2, 1, 3), rows=TOKENS):
        return self.emit("Transpose", self.reshape(x, 1, rows, HEADS, SIZE), perm=perm)

    def attend(self, query, keys, values, masked, rows=TOKENS):
        scores = self.emit("Div", self.emit("MatMul", query, keys), self.constant(math.sqrt(SIZE)))
        attended = self.emit("MatMul", self.emit("Softmax", masked(scores), axis=-1), values)
        return self.reshape(self.emit("Transpose", attended, perm=[0, 2, 1, 3]), 1, rows, WIDTH)

    def model(self):
        output = helper.make_tensor_value_info(self.nodes[-1].output[0], TensorProto.FLOAT, None)
        graph = helper.make_graph(self.nodes, "g", self.inputs, [output], self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)


def feed_forward(net, x, activation):
    return net.linear(activation(net.linear(x, WIDTH, 4 * WIDTH)), 4 * WIDTH, WIDTH)


def bert():
    """Norms behind the sums, queries, keys and values apart, a mask of padding, opset 16."""
    net = Encoder(16)
    ids = net.input("ids", net.random.integers(0, WORDS, (SAMPLES, TOKENS)))
    lengths = net.random.integers(TOKENS // 2, TOKENS + 1, (SAMPLES, 1))
    mask = net.input("mask", (np.arange(TOKENS) < lengths).astype(np.float32))
    mask = net.emit("Unsqueeze", mask, net.constant([1, 2], np.int64))
    mask = net.emit("Mul", net.emit("Sub", net.constant(1), mask), net.constant(-10000))
    x = net.emit("Add", net.emit("Gather", net.table(WORDS, WIDTH), ids), net.table(1, TOKENS, WIDTH))
    x = net.layer_norm(x)
    for _ in range(LAYERS):
        query = net.heads(net.linear(x, WIDTH, WIDTH))
        keys = net.heads(net.linear(x, WIDTH, WIDTH), perm=(0, 2, 3, 1))
        values = net.heads(net.linear(x, WIDTH, WIDTH))
        attended = net.attend(query, keys, values, lambda scores: net.emit("Add", scores, mask))
        x = net.layer_norm(net.emit("Add", net.linear(attended, WIDTH, WIDTH, bias_first=False), x))
        x = net.layer_norm(net.emit("Add", feed_forward(net, x, net.gelu), x))
    first = net.emit("Gather", x, net.constant(0, np.int64), axis=1)
    net.linear(net.emit("Tanh", net.linear(first, WIDTH, WIDTH)), WIDTH, 8)
    return net


def gpt():
    """Norms in front, one product for queries, keys and values, a causal mask of -inf, opset 17."""
    net = Encoder(17)
    ids = net.input("ids", net.random.integers(0, WORDS, (SAMPLES, TOKENS)))
    x = net.emit("Add", net.emit("Gather", net.table(WORDS, WIDTH), ids), net.table(1, TOKENS, WIDTH))
    later = net.constant(np.triu(np.ones((1, 1, TOKENS, TOKENS)), 1), np.bool_)
    for _ in range(LAYERS):
        split = net.constant([WIDTH] * 3, np.int64)
        query, keys, values = net.emit("Split", net.linear(net.layer_norm(x), WIDTH, 3 * WIDTH), split, axis=2, outputs=3)
        attended = net.attend(net.heads(query), net.heads(keys, perm=(0, 2, 3, 1)), net.heads(values),
                              lambda scores: net.emit("Where", later, net.constant(-np.inf), scores))
        x = net.emit("Add", x, net.linear(attended, WIDTH, WIDTH))
        x = net.emit("Add", x, feed_forward(net, net.layer_norm(x), net.gelu_by_tanh))
    net.emit("MatMul", net.layer_norm(x), net.table(WIDTH, WORDS, deviation=WIDTH**-0.5))
    return net


def vit():
    """Patches by a convolution, and a quiet token of the class in front of them, opset 17."""
    net = Encoder(17)
    coarse = net.random.normal(0, 1, (SAMPLES, 3, 6, 6)).repeat(4, 2).repeat(4, 3)
    picture = net.input("x", (coarse + net.random.normal(0, 0.3, coarse.shape)).astype(np.float32))
    rows = 37
    filters = net.table(WIDTH, 3, 4, 4, deviation=48**-0.5)
    patches = net.emit("Conv", picture, filters, net.table(WIDTH, deviation=0.1), strides=[4, 4])
    patches = net.emit("Transpose", net.reshape(patches, 1, WIDTH, rows - 1), perm=[0, 2, 1])
    x = net.emit("Concat", net.table(1, 1, WIDTH, deviation=0.01), patches, axis=1)
    x = net.emit("Add", x, net.table(1, rows, WIDTH, deviation=0.02))
    for _ in range(LAYERS):
        qkv = net.reshape(net.linear(net.layer_norm(x), WIDTH, 3 * WIDTH), 1, rows, 3, HEADS, SIZE)
        qkv = net.emit("Transpose", qkv, perm=[2, 0, 3, 1, 4])
        query, keys, values = (net.emit("Gather", qkv, net.constant(i, np.int64), axis=0) for i in range(3))
        keys = net.emit("Transpose", keys, perm=[0, 1, 3, 2])
        attended = net.attend(query, keys, values, lambda scores: scores, rows)
        x = net.emit("Add", x, net.linear(attended, WIDTH, WIDTH))
        x = net.emit("Add", x, feed_forward(net, net.layer_norm(x), net.gelu))
    net.linear(net.emit("Gather", net.layer_norm(x), net.constant(0, np.int64), axis=1), WIDTH, 10)
    return net


def rolled(net, x, by):
    """Rows and columns of [1, H, W, C] moved around by `by`."""
    for axis in (1, 2):
        at, first, end, ends = (net.constant([value], np.int64) for value in (axis, 0, by, 2**31 - 1))
        x = net.emit("Concat", net.emit("Slice", x, end, ends, at), net.emit("Slice", x, first, end, at), axis=axis)
    return x


def swin():
    """Attention in windows of 4 x 4, every second block's moved by 2, with biases of places, opset 17."""
    net = Encoder(17)
    side, window = 8, 4
    count, rows = (side // window) ** 2, window * window
    x = net.input("x", net.random.normal(0, 1, (SAMPLES, side, side, WIDTH)).astype(np.float32))
    for layer in range(LAYERS + 1):
        y = net.layer_norm(x)
        y = rolled(net, y, 2) if layer % 2 else y
        y = net.reshape(y, 1, side // window, window, side // window, window, WIDTH)
        y = net.reshape(net.emit("Transpose", y, perm=[0, 1, 3, 2, 4, 5]), count, rows, WIDTH)
        qkv = net.reshape(net.linear(y, WIDTH, 3 * WIDTH), count, rows, 3, HEADS, SIZE)
        qkv = net.emit("Transpose", qkv, perm=[2, 0, 3, 1, 4])
        query, keys, values = (net.emit("Gather", qkv, net.constant(i, np.int64), axis=0) for i in range(3))
        query = net.emit("Mul", query, net.constant(SIZE**-0.5))
        scores = net.emit("MatMul", query, net.emit("Transpose", keys, perm=[0, 1, 3, 2]))
        scores = net.emit("Add", scores, net.table(1, HEADS, rows, rows))
        attended = net.emit("MatMul", net.emit("Softmax", scores, axis=-1), values)
        y = net.reshape(net.emit("Transpose", attended, perm=[0, 2, 1, 3]), count, rows, WIDTH)
        y = net.reshape(net.linear(y, WIDTH, WIDTH), 1, side // window, side // window, window, window, WIDTH)
        y = net.reshape(net.emit("Transpose", y, perm=[0, 1, 3, 2, 4, 5]), 1, side, side, WIDTH)
        x = net.emit("Add", x, rolled(net, y, side - 2) if layer % 2 else y)
        x = net.emit("Add", x, feed_forward(net, net.layer_norm(x), net.gelu))
    net.linear(net.emit("ReduceMean", net.layer_norm(x), axes=[1, 2], keepdims=0), WIDTH, 10)
    return net


ENCODERS = {"BERT": bert, "GPT": gpt, "ViT": vit, "Swin": swin}
WEIGHTED = {peers.schema.BuiltinOperator.FULLY_CONNECTED, peers.schema.BuiltinOperator.CONV_2D}


def optimized(path):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(path.with_name("optimized.onnx"))
    options.log_severity_level = 3
    onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return path.with_name("optimized.onnx")


class Encoders(unittest.TestCase):
    def outputs(self, file, net):
        model = peers.LiteRt(file, peers.DEFAULT)
        return model.run([net.samples[details["name"]][:, None] for details in model.inputs])[0]

    def test_encoders(self):
        for name, build in ENCODERS.items():
            net, folder = build(), peers.fresh_folder(f"encoders/{name}")
            onnx.save(net.model(), folder / "model.onnx")
            np.savez(folder / "data.npz", **net.samples)
            inputs = [net.samples[value.name][:, None] for value in net.inputs]
            expected = peers.run_onnxruntime(folder / "model.onnx", inputs)[0]
            for form in (folder / "model.onnx", optimized(folder / "model.onnx")):
                with self.subTest(name, form=form.stem):
                    peers.qconvert(form, folder / f"{form.stem}.tflite", "--float", "--layout", "keep")
                    error = np.abs(self.outputs(folder / f"{form.stem}.tflite", net) - expected).max()
                    self.assertLessEqual(error, FLOAT_BOUND * np.ptp(expected))
            with self.subTest(name, form="int8"):
                file = folder / "int8.tflite"
                peers.qconvert(folder / "model.onnx", file, "--data", folder / "data.npz", "--layout", "keep")
                noise = self.outputs(file, net).astype(np.float64) - expected
                found = 10 * math.log10((expected.astype(np.float64) ** 2).sum() / (noise**2).sum())
                print(f"{name:8} {found:.1f} dB", flush=True)
                self.assertGreaterEqual(found, LEAST_DB)
                self.assertTrue(all(integer for code, integer in peers.operators(file) if code in WEIGHTED))


if __name__ == "__main__":
    unittest.main()
