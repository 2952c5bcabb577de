"""Networks in which one number spoils the scale of all others, in LiteRT against ONNX Runtime.

Attention masks in their spellings, softmaxes over many columns, Pads with a value outside of the data, and normalizations
of rows whose variances lie far apart: float files are as ONNX Runtime, and default int8 files reach the decibels that are stated beside each kind.
"""

import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import peers

SAMPLES = 16
FLOAT_BOUND = 1e-4  # of the output's range
MASKED_DB = 25
PADDED_DB = 35
NORMALIZED_DB = 20
TOKENS = 8
LOWEST = np.finfo(np.float32).min
RESOLVERS = {"reference": peers.REFERENCE, "default": peers.DEFAULT, "XNNPACK": peers.XNNPACK}
CAUSAL = np.triu(np.ones((TOKENS, TOKENS), np.float32), 1)
node = helper.make_node


class Network:
    """Nodes of one network; constants are added as they are named, and samples of inputs with them."""

    def __init__(self, seed=3):
        self.random = np.random.default_rng(seed)
        self.nodes, self.inputs, self.constants, self.samples = [], [], [], {}

    def input(self, name, samples):
        kind = TensorProto.BOOL if samples.dtype == np.bool_ else TensorProto.FLOAT
        self.inputs.append(helper.make_tensor_value_info(name, kind, [1, *samples.shape[1:]]))
        self.samples[name] = samples
        return name

    def constant(self, values, kind=np.float32):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values, kind), name))
        return name

    def emit(self, op_type, *operands, **attributes):
        name = f"t{len(self.nodes)}"
        self.nodes.append(node(op_type, operands, [name], name=name, **attributes))
        return name

    def normal(self, *shape, deviation=1):
        return self.random.normal(0, deviation, (SAMPLES, *shape)).astype(np.float32)

    def scores(self):
        """Attention scores of two heads, within about +-5."""
        self.input("x", self.normal(2, TOKENS, 8, deviation=0.6))
        return self.emit("MatMul", "x", self.emit("Transpose", "x", perm=[0, 1, 3, 2]))

    def attend(self, masked):
        self.emit("MatMul", self.emit("Softmax", masked, axis=-1), "x")
        return self

    def padding(self):
        """1 for tokens that count, 0 for padding behind them."""
        lengths = self.random.integers(3, TOKENS, SAMPLES)
        return (np.arange(TOKENS) < lengths[:, None]).reshape(SAMPLES, 1, 1, TOKENS)

    def model(self):
        output = helper.make_tensor_value_info(self.nodes[-1].output[0], TensorProto.FLOAT, None)
        graph = helper.make_graph(self.nodes, "g", self.inputs, [output], self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def constant_mask(number):
    network = Network()
    return network.attend(network.emit("Add", network.scores(), network.constant(np.where(CAUSAL > 0, number, 0))))


def constant_mask_and_bias():
    """One constant holds relative positions, and the mask."""
    network = Network()
    bias = network.random.normal(0, 2, (2, TOKENS, TOKENS)) + np.where(CAUSAL > 0, -np.inf, 0)
    return network.attend(network.emit("Add", network.scores(), network.constant(bias)))


def two_steps():
    network = Network()
    bias = network.constant(network.random.normal(0, 2, (2, TOKENS, TOKENS)))
    mask = network.input("mask", np.where(network.padding(), 0, -10000).astype(np.float32))
    return network.attend(network.emit("Add", network.emit("Add", network.scores(), bias), mask))


def scaled_behind_the_mask():
    network = Network()
    masked = network.emit("Add", network.scores(), network.constant(CAUSAL * -10000))
    scaled = network.emit("Mul", masked, network.constant(0.5))
    shape = network.constant([1, 2, TOKENS, TOKENS], np.int64)
    return network.attend(network.emit("Reshape", scaled, shape))


def where(number, bool_input):
    network = Network()
    counts = network.padding()
    condition = network.input("m", counts) if bool_input else network.constant(CAUSAL == 0, np.bool_)
    return network.attend(network.emit("Where", condition, network.scores(), network.constant(number)))


def where_makes_the_mask(number):
    network = Network()
    condition = network.input("m", network.padding())
    mask = network.emit("Where", condition, network.constant(0), network.constant(number))
    return network.attend(network.emit("Add", network.scores(), mask))


def one_minus_mask(number, combined=False):
    """(1 - m) * number for an input of 0 and 1; two such masks of the lowest number add up to -inf."""
    network = Network()
    mask = network.input("m", network.padding().reshape(SAMPLES, TOKENS).astype(np.float32))
    mask = network.emit("Mul", network.emit("Sub", network.constant(1), mask), network.constant(number))
    mask = network.emit("Unsqueeze", mask, network.constant([1, 2], np.int64))
    if combined:
        mask = network.emit("Add", mask, network.constant(np.where(CAUSAL > 0, number, 0)))
    return network.attend(network.emit("Add", network.scores(), mask))


def subtracted_mask():
    """s b - 10000 (1 - b), as the first GPT-2 spells it."""
    network = Network()
    kept = network.emit("Mul", network.scores(), network.constant(1 - CAUSAL))
    mask = network.input("m", network.padding().astype(np.float32))
    masked = network.emit("Mul", network.emit("Sub", network.constant(1), mask), network.constant(10000))
    return network.attend(network.emit("Sub", network.emit("Add", kept, network.constant(CAUSAL * -10000)), masked))


def logarithm_of_a_mask():
    network = Network()
    mask = network.emit("Log", network.input("m", network.padding().astype(np.float32)))
    return network.attend(network.emit("Add", network.scores(), mask))


def suppressed_classes(number):
    network = Network()
    weights = network.constant(network.random.normal(0, 0.5, (16, 10)))
    logits = network.emit("MatMul", network.input("x", network.normal(16)), weights)
    mask = np.zeros(10)
    mask[[2, 5]] = number
    network.emit("Softmax", network.emit("Add", logits, network.constant(mask)), axis=-1)
    return network


MASKS = {
    "-100": lambda: constant_mask(-100),
    "-10000": lambda: constant_mask(-10000),
    "-1e9": lambda: constant_mask(-1e9),
    "lowest number": lambda: constant_mask(LOWEST),
    "-inf": lambda: constant_mask(-np.inf),
    "constant mask and bias": constant_mask_and_bias,
    "two steps": two_steps,
    "scaled behind the mask": scaled_behind_the_mask,
    "Where -1e9": lambda: where(-1e9, False),
    "Where -inf": lambda: where(-np.inf, False),
    "Where lowest number, bool input": lambda: where(LOWEST, True),
    "Where -inf, bool input": lambda: where(-np.inf, True),
    "Where makes -1e9": lambda: where_makes_the_mask(-1e9),
    "Where makes -inf": lambda: where_makes_the_mask(-np.inf),
    "1 - m times -10000": lambda: one_minus_mask(-10000),
    "1 - m times -1e9": lambda: one_minus_mask(-1e9),
    "1 - m times lowest number": lambda: one_minus_mask(LOWEST),
    "lowest numbers that overflow": lambda: one_minus_mask(LOWEST, combined=True),
    "subtracted mask": subtracted_mask,
    "logarithm of a mask": logarithm_of_a_mask,
    "suppressed classes -10000": lambda: suppressed_classes(-10000),
    "suppressed classes -inf": lambda: suppressed_classes(-np.inf),
}


def attention_over(tokens, sharpness, causal=False):
    """One of many tokens has a probability below a step of int8."""
    network = Network()
    x = network.input("x", network.normal(tokens, 16) + network.normal(1, 16, deviation=0.5))
    query, key, value = (
        network.emit("MatMul", x, network.constant(network.random.normal(0, 1 / 4, (16, 16)))) for _ in range(3))
    scores = network.emit("MatMul", network.emit("Mul", query, network.constant(sharpness / 4)),
                          network.emit("Transpose", key, perm=[0, 2, 1]))
    if causal:
        mask = np.where(np.triu(np.ones((tokens, tokens)), 1) > 0, -np.inf, 0)
        scores = network.emit("Add", scores, network.constant(mask))
    network.emit("MatMul", network.emit("Softmax", scores, axis=-1), value)
    return network


WIDE_SOFTMAXES = {
    "even over 512": lambda: attention_over(512, 0.3),
    "uneven over 512": lambda: attention_over(512, 0.6),
    "causal over 512": lambda: attention_over(512, 0.5, causal=True),
}


def pad(value, before=None):
    network = Network()
    x = network.input("x", network.normal(3, 8, 8))
    pads = network.constant([0, 0, 1, 2, 0, 0, 3, 4], np.int64)
    network.emit("Pad", network.emit(before, x) if before else x, pads, network.constant(value))
    return network


def pad_of_a_pool():
    network = Network()
    x = network.input("x", network.normal(3, 8, 8))
    padded = network.emit("Pad", x, network.constant([0, 0, 1, 1, 0, 0, 1, 1], np.int64), network.constant(-1e9))
    network.emit("MaxPool", network.emit("Abs", padded), kernel_shape=[3, 3])
    return network


PADS = {
    "within 16 times the range": lambda: pad(9),
    "below it": lambda: pad(-20),
    "far beyond it": lambda: pad(10000),
    "of probabilities": lambda: pad(-2, "Sigmoid"),
    "behind a Relu": lambda: pad(-3, "Relu"),
}


def quiet_rows(network, *shape):
    """Every second row, or channel, is 300 times quieter."""
    loudness = np.where(np.arange(shape[0]) % 2, 1 / 300, 1).reshape(-1, *[1] * (len(shape) - 1))
    return network.input("x", network.normal(*shape) * loudness.astype(np.float32))


def layer_norm(opset16):
    network = Network()
    x = quiet_rows(network, 16, 32)
    scale, offset = (network.constant(network.random.normal(mean, 0.2, 32)) for mean in (1, 0))
    if not opset16:
        network.emit("LayerNormalization", x, scale, offset, axis=-1)
        return network
    axes = network.constant([-1], np.int64)
    centred = network.emit("Sub", x, network.emit("ReduceMean", x, axes))
    variance = network.emit("ReduceMean", network.emit("Pow", centred, network.constant(2)), axes)
    deviation = network.emit("Sqrt", network.emit("Add", variance, network.constant(1e-6)))
    y = network.emit("Div", centred, deviation)
    network.emit("Add", network.emit("Mul", y, scale), offset)
    return network


def rms_norm():
    network = Network()
    x = quiet_rows(network, 16, 32)
    square = network.emit("ReduceMean", network.emit("Mul", x, x), network.constant([-1], np.int64))
    root = network.emit("Sqrt", network.emit("Add", square, network.constant(1e-6)))
    y = network.emit("Mul", x, network.emit("Reciprocal", root))
    network.emit("Mul", y, network.constant(network.random.normal(1, 0.2, 32)))
    return network


def instance_norm():
    network = Network()
    scale, offset = (network.constant(network.random.normal(mean, 0.2, 16)) for mean in (1, 0))
    network.emit("InstanceNormalization", quiet_rows(network, 16, 4, 8), scale, offset)
    return network


def group_norm():
    """Groups of two channels, either both loud or both quiet."""
    network = Network()
    loudness = np.where(np.arange(16) // 2 % 2, 1 / 300, 1).reshape(16, 1, 1).astype(np.float32)
    x = network.input("x", network.normal(16, 4, 8) * loudness)
    scale, offset = (network.constant(network.random.normal(mean, 0.2, 16)) for mean in (1, 0))
    network.emit("GroupNormalization", x, scale, offset, num_groups=8)
    return network


def l2_norm():
    network = Network()
    network.emit("LpNormalization", quiet_rows(network, 16, 32), axis=-1)
    return network


def residual_stream():
    """As in a vision transformer: a token 300 times quieter than the patches is joined, added to and normalized twice."""
    network = Network()
    weights = [network.constant(network.random.normal(0, 32**-0.5, (32, 32))) for _ in range(2)]
    token, places = (network.constant(network.random.normal(0, 1 / 300, (1, rows, 32))) for rows in (1, 16))
    scale, offset = network.constant(np.ones(32)), network.constant(np.zeros(32))
    patches = network.emit("MatMul", network.input("x", network.normal(15, 32)), weights[0])
    stream = network.emit("Add", network.emit("Concat", token, patches, axis=1), places)
    normalized = network.emit("LayerNormalization", stream, scale, offset, axis=-1)
    branch = network.emit("Mul", network.emit("MatMul", normalized, weights[1]), network.constant(1 / 300))
    network.emit("LayerNormalization", network.emit("Add", stream, branch), scale, offset, axis=-1)
    return network


def last(network):
    return network.constant([-1], np.int64)


def by_power():
    """x (variance + epsilon)^-0.5, with Casts of a mixed-precision export that change nothing."""
    network = Network()
    x = network.emit("Cast", quiet_rows(network, 16, 32), to=TensorProto.FLOAT)
    centred = network.emit("Sub", x, network.emit("ReduceMean", x, last(network)))
    variance = network.emit("ReduceMean", network.emit("Mul", centred, centred), last(network))
    inverse = network.emit("Pow", network.emit("Add", variance, network.constant(1e-6)), network.constant(-0.5))
    network.emit("Cast", network.emit("Mul", centred, inverse), to=TensorProto.FLOAT)
    return network


def by_mean_of_squares():
    """The variance as the mean of squares less the square of the mean."""
    network = Network()
    x = quiet_rows(network, 16, 32)
    mean = network.emit("ReduceMean", x, last(network))
    squares = network.emit("ReduceMean", network.emit("Mul", x, x), last(network))
    variance = network.emit("Sub", squares, network.emit("Mul", mean, mean))
    deviation = network.emit("Sqrt", network.emit("Add", variance, network.constant(1e-6)))
    network.emit("Div", network.emit("Sub", x, mean), deviation)
    return network


def by_sum_of_squares():
    network = Network()
    x = quiet_rows(network, 16, 32)
    mean = network.emit("Mul", network.emit("ReduceSumSquare", x, last(network)), network.constant(1 / 32))
    network.emit("Div", x, network.emit("Sqrt", network.emit("Add", mean, network.constant(1e-6))))
    return network


def by_length():
    """RMS normalization by the norm."""
    network = Network()
    x = quiet_rows(network, 16, 32)
    norm = network.emit("Max", network.emit("ReduceL2", x, last(network)), network.constant(1e-6))
    network.emit("Mul", network.emit("Div", x, norm), network.constant(32**0.5))
    return network


def unbiased():
    """As the annotated transformer: the sum over n - 1, epsilon beside the deviation."""
    network = Network()
    x = quiet_rows(network, 16, 32)
    centred = network.emit("Sub", x, network.emit("ReduceMean", x, last(network)))
    sums = network.emit("ReduceSum", network.emit("Mul", centred, centred), last(network))
    deviation = network.emit("Sqrt", network.emit("Div", sums, network.constant(31)))
    scaled = network.emit("Mul", network.constant(network.random.normal(1, 0.2, 32)), centred)
    network.emit("Div", scaled, network.emit("Add", deviation, network.constant(1e-6)))
    return network


def group_norm_of_torch():
    network = Network()
    loudness = np.where(np.arange(16) // 2 % 2, 1 / 300, 1).reshape(16, 1, 1).astype(np.float32)
    x = network.input("x", network.normal(16, 4, 8) * loudness)
    grouped = network.emit("Reshape", x, network.constant([0, 8, -1], np.int64))
    ones, zeros = network.constant(np.ones(8)), network.constant(np.zeros(8))
    y = network.emit("InstanceNormalization", grouped, ones, zeros)
    y = network.emit("Reshape", y, network.constant([1, 16, 4, 8], np.int64))
    y = network.emit("Mul", y, network.constant(network.random.normal(1, 0.2, (16, 1, 1))))
    network.emit("Add", y, network.constant(network.random.normal(0, 0.2, (16, 1, 1))))
    return network


NORMALIZATIONS = {
    "LayerNormalization": lambda: layer_norm(False),
    "LayerNormalization written out": lambda: layer_norm(True),
    "RMS normalization": rms_norm,
    "InstanceNormalization": instance_norm,
    "GroupNormalization": group_norm,
    "L2 normalization": l2_norm,
    "by a power": by_power,
    "by the mean of squares": by_mean_of_squares,
    "by the sum of squares": by_sum_of_squares,
    "by the length": by_length,
    "unbiased": unbiased,
    "GroupNormalization of torch": group_norm_of_torch,
    "residual stream": residual_stream,
}


def decibels(reference, got):
    noise = ((reference.astype(np.float64) - got) ** 2).sum()
    return np.inf if noise == 0 else 10 * np.log10((reference.astype(np.float64) ** 2).sum() / noise)


class SensitiveValues(unittest.TestCase):
    def convert(self, name, network, *flags):
        """Writes the network and its samples, converts it, and returns the file's path."""
        folder = peers.fresh_folder(f"sensitive_values/{name}")
        onnx.save(network.model(), folder / "model.onnx")
        np.savez(folder / "data.npz", **network.samples)
        data = () if "--float" in flags else ("--data", folder / "data.npz")
        peers.qconvert(folder / "model.onnx", folder / "model.tflite", "--layout", "keep", *data, *flags)
        return folder / "model.tflite"

    def outputs(self, file, network, resolver):
        model = peers.LiteRt(file, resolver)
        samples = {value.name: network.samples[value.name] for value in network.inputs}
        return model.run([samples[details["name"]][:, None] for details in model.inputs])[0][:, 0]

    def reference(self, file, network):
        inputs = [network.samples[value.name][:, None] for value in network.inputs]
        return peers.run_onnxruntime(file.parent / "model.onnx", inputs)[0][:, 0]

    def compare(self, kinds, least_db):
        for name, build in kinds.items():
            network = build()
            with self.subTest(name, form="float"):
                file = self.convert(name, network, "--float")
                expected = self.reference(file, network)
                for resolver in RESOLVERS.values():
                    error = np.abs(self.outputs(file, network, resolver) - expected).max() / np.ptp(expected)
                    self.assertLessEqual(error, FLOAT_BOUND, str(resolver))
            with self.subTest(name, form="int8"):
                file = self.convert(name, network)
                found = {key: decibels(expected, self.outputs(file, network, resolver))
                         for key, resolver in RESOLVERS.items()}
                print(f"{name:32}", *(f"{key} {value:.1f} dB" for key, value in found.items()), flush=True)
                self.assertGreaterEqual(min(found.values()), least_db)

    def test_masked_scores_keep_their_precision(self):
        self.compare(MASKS, MASKED_DB)

    def test_softmaxes_over_many_columns_keep_their_precision(self):
        self.compare(WIDE_SOFTMAXES, MASKED_DB)

    def test_pads_keep_their_value(self):
        self.compare(PADS, PADDED_DB)

    def test_a_pad_that_never_wins_leaves_the_range_alone(self):
        self.compare({"of a pool": pad_of_a_pool}, PADDED_DB)

    def test_normalizations_keep_quiet_rows(self):
        self.compare(NORMALIZATIONS, NORMALIZED_DB)

    def test_a_fully_masked_row_is_uniform(self):
        """In ONNX Runtime -inf gives NaN there."""
        network = Network()
        mask = np.where(np.arange(TOKENS)[:, None] < 2, -np.inf, np.where(CAUSAL > 0, -np.inf, 0))
        network.attend(network.emit("Add", network.scores(), network.constant(mask)))
        network.nodes.pop()
        file = self.convert("fully masked", network)
        for resolver in RESOLVERS.values():
            rows = self.outputs(file, network, resolver)[:, :, :2]
            np.testing.assert_array_equal(rows, 1 / TOKENS)

    def test_masked_logits_keep_their_logarithms(self):
        network = Network()
        weights = network.constant(network.random.normal(0, 0.5, (16, 10)))
        logits = network.emit("MatMul", network.input("x", network.normal(16)), weights)
        mask = network.input("mask", np.where(network.random.random((SAMPLES, 10)) < 0.3, -10000, 0).astype(np.float32))
        network.emit("LogSoftmax", network.emit("Add", logits, mask), axis=-1)
        file = self.convert("LogSoftmax", network)
        expected = self.reference(file, network)
        kept = expected > -1000
        for resolver in RESOLVERS.values():
            self.assertGreaterEqual(decibels(expected[kept], self.outputs(file, network, resolver)[kept]), MASKED_DB)


if __name__ == "__main__":
    unittest.main()
