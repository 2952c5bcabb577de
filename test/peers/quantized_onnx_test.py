"""ONNX networks that are quantized already: our float files in LiteRT give ONNX Runtime's numbers to the last bit, and
integer files, which keep the models' own parameters, are apart by the roundings that they add.

All scales and weights are multiples of powers of two, so that sums are exact in any order and ties are frequent.
"""

import dataclasses
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import peers

SAMPLES = 6
SHAPE = (1, 4, 6, 8)
STEP = 0.25
RANDOM = np.random.default_rng(9)
TYPES = {np.dtype(kind): code for kind, code in (
    (np.float32, TensorProto.FLOAT), (np.int8, TensorProto.INT8), (np.uint8, TensorProto.UINT8),
    (np.int16, TensorProto.INT16), (np.uint16, TensorProto.UINT16), (np.int32, TensorProto.INT32))}


@dataclasses.dataclass
class Case:
    name: str
    nodes: list
    constants: dict
    inputs: dict  # name -> type
    outputs: dict  # name -> type
    roundings: float = 0  # of an integer operator's steps, to the nearest, that an integer file may be off by
    added_steps: float = 0  # of the model's own, which another order of rounding may tip over
    opset: int = 21

    @property
    def model(self):
        graph = helper.make_graph(
            self.nodes, "quantized",
            [helper.make_tensor_value_info(name, TYPES[np.dtype(kind)], SHAPE) for name, kind in self.inputs.items()],
            [helper.make_tensor_value_info(name, TYPES[np.dtype(kind)], None) for name, kind in self.outputs.items()],
            [numpy_helper.from_array(np.asarray(value), name) for name, value in self.constants.items()])
        opsets = [helper.make_opsetid("", self.opset), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=10)

    def samples(self, ties=True):
        """Multiples of half a step, or an eighth beside them, beyond the ends of 8 bits; integers of every size."""
        def values(kind):
            if kind == np.float32:
                return (0 if ties else np.float32(STEP / 8)) + (RANDOM.integers(-400, 400, (SAMPLES, *SHAPE)) * STEP / 2).astype(kind)
            limits = np.iinfo(kind)
            return RANDOM.integers(limits.min, limits.max, (SAMPLES, *SHAPE), endpoint=True).astype(kind)
        return [values(kind) for kind in self.inputs.values()]


class Network:
    """Nodes under construction, one after the other."""

    def __init__(self):
        self.nodes, self.constants = [], {}

    def constant(self, value):
        name = f"c{len(self.constants)}"
        self.constants[name] = np.asarray(value)
        return name

    def add(self, op_type, *operands, outputs=1, result=None, **attributes):
        """Operands are names or arrays."""
        names = [name if isinstance(name, str) else self.constant(name) for name in operands]
        results = [result] if result else [f"t{len(self.nodes)}_{number}" for number in range(outputs)]
        self.nodes.append(helper.make_node(op_type, names, results, name=f"n{len(self.nodes)}", **attributes))
        return results[0] if outputs == 1 else results

    def quantize(self, x, scale, zero_point, **attributes):
        return self.add("QuantizeLinear", x, np.float32(scale), zero_point, **attributes)

    def dequantize(self, x, scale, zero_point, **attributes):
        return self.add("DequantizeLinear", x, np.float32(scale), zero_point, **attributes)

    def pair(self, x, scale, zero_point, **attributes):
        return self.dequantize(self.quantize(x, scale, zero_point, **attributes), scale, zero_point, **attributes)

    def case(self, name, output=np.float32, given=np.float32, **more):
        """Gives the last node's result the name y."""
        self.nodes[-1].output[0] = "y"
        return Case(name, self.nodes, self.constants, {"x": given}, {"y": output}, **more)


def pairs():
    for zero_point in (np.int8(0), np.int8(3), np.uint8(128), np.uint8(9), np.int16(0), np.int16(-5), np.uint16(30000)):
        for scale in (STEP, 0.03):
            network = Network()
            network.pair("x", scale, zero_point)
            yield network.case(f"a pair, {zero_point.dtype} {zero_point}, scale {scale}")
    for kind, zero_points in ((np.int8, [0, 3, -100, 127]), (np.uint8, [0, 3, 128, 255])):
        network = Network()
        network.pair("x", np.float32([1, 0.25, 0.5, 0.03]), np.array(zero_points, kind), axis=1)
        yield network.case(f"a pair per channel, {kind.__name__}")
    network = Network()
    network.pair("x", STEP, np.uint8(100))
    for node in network.nodes:
        node.domain = "com.microsoft"
    yield network.case("a pair of ONNX Runtime's own domain", opset=17)
    network = Network()
    network.dequantize(network.quantize("x", STEP, np.int8(1)), 2 * STEP, np.int8(-4))
    yield network.case("other parameters back")


def ends():
    for zero_point in (np.int8(-3), np.uint8(130), np.int16(2)):
        network = Network()
        network.quantize("x", STEP, zero_point)
        yield network.case(f"a result of {zero_point.dtype}", output=zero_point.dtype)
    for zero_point in (np.int8(-3), np.uint8(130)):
        network = Network()
        network.dequantize("x", STEP, zero_point)
        yield network.case(f"an input of {zero_point.dtype}", given=zero_point.dtype)
        network = Network()
        network.quantize(network.add("Relu", network.dequantize("x", STEP, zero_point)), STEP, zero_point)
        yield network.case(f"from {zero_point.dtype} to {zero_point.dtype}", output=zero_point.dtype,
                           given=zero_point.dtype, added_steps=1)
    network = Network()
    network.add("QuantizeLinear", "x", np.float32(STEP))
    yield network.case("without a zero point", output=np.uint8)
    network = Network()
    q = network.add("QuantizeLinear", "x", np.float32(STEP), np.uint8(7), result="q")
    network.dequantize(q, STEP, np.uint8(7))
    both = network.case("integers and reals")
    yield dataclasses.replace(both, outputs={"y": np.float32, "q": np.uint8})


def readers():
    """What else reads the integers."""
    for kind in (np.int8, np.uint8):
        name, zero_point = kind.__name__, kind(90)
        for to in (np.float32, np.int32, np.uint8 if kind == np.uint8 else np.int8):
            network = Network()
            network.add("Cast", network.quantize("x", STEP, zero_point), to=TYPES[np.dtype(to)])
            yield network.case(f"{name} cast to {to.__name__}", output=to)
        network = Network()
        cast = network.add("Cast", network.quantize("x", STEP, zero_point), to=TYPES[np.dtype(kind)])
        network.dequantize(cast, STEP, zero_point)
        yield network.case(f"{name}, a Cast within the pair")
        movements = {
            "Reshape": [np.int64([1, 24, 8])], "Flatten": [], "Transpose": [],
            "Slice": [np.int64([1]), np.int64([3]), np.int64([2])],
            "Pad": [np.int64([0, 0, 1, 0, 0, 0, 0, 2])], "Unsqueeze": [np.int64([0])], "Tile": [np.int64([1, 2, 1, 1])], "Expand": [np.int64([3, 4, 6, 8])],
        }
        for op_type, operands in movements.items():
            network = Network()
            moved = network.add(op_type, network.quantize("x", STEP, zero_point), *operands)
            network.dequantize(moved, STEP, zero_point)
            yield network.case(f"{op_type} of {name}")
        network = Network()
        chosen = network.add("Gather", network.quantize("x", STEP, zero_point), np.int64([2, 0]), axis=1)
        network.dequantize(chosen, STEP, zero_point)
        yield network.case(f"Gather of {name}")
        network = Network()
        q = network.quantize("x", STEP, zero_point)
        network.dequantize(network.add("Concat", q, q, axis=1), STEP, zero_point)
        yield network.case(f"Concat of {name}")
        network = Network()
        parts = network.add("Split", network.quantize("x", STEP, zero_point), outputs=2, axis=1, num_outputs=2)
        network.dequantize(parts[1], STEP, zero_point)
        yield network.case(f"Split of {name}")


def exact_weights(*shape):
    """int8 weights and scales per output channel, so that a quantizer finds the same anew."""
    weights = RANDOM.integers(-126, 127, shape).astype(np.int8)
    weights.reshape(shape[0], -1)[:, 0] = 127
    return weights, (2.0 ** RANDOM.integers(-12, -9, shape[0])).astype(np.float32)


def dequantized_weights(network, *shape):
    weights, scales = exact_weights(*shape)
    return network.dequantize(network.constant(weights), scales, np.zeros(shape[0], np.int8), axis=0), scales


def convolution(network, x, in_scale, **attributes):
    """With int32 biases, as quantizers write them."""
    weights, scales = dequantized_weights(network, 8, 4, 3, 3)
    bias = network.add("DequantizeLinear", network.constant(RANDOM.integers(-999, 999, 8).astype(np.int32)),
                       in_scale * scales, np.zeros(8, np.int32), axis=0)
    return network.add("Conv", x, weights, bias, **attributes)


def sum_of_magnitudes(weights):
    """By how many input steps the roundings of all inputs move a result at most."""
    return np.abs(weights.reshape(len(weights), -1)).sum(axis=1).max()


def networks():
    for zero_point in (np.int8(-1), np.uint8(127)):
        network = Network()
        conv = convolution(network, network.pair("x", STEP, zero_point), STEP, pads=[1, 1, 1, 1])
        network.pair(network.add("Relu", conv), STEP, zero_point)
        yield network.case(f"a convolution, {zero_point.dtype}", added_steps=1)
    network = Network()
    conv = convolution(network, network.pair("x", STEP, np.int8(0)), STEP, pads=[1, 1, 1, 1])
    pooled = network.add("MaxPool", network.pair(conv, STEP, np.int8(0)), kernel_shape=[2, 2], strides=[2, 2])
    network.pair(pooled, STEP, np.int8(0))
    yield network.case("a convolution and a pool", added_steps=1)
    network = Network()
    network.add("Conv", "x", dequantized_weights(network, 8, 4, 3, 3)[0])
    reals = network.constants["c0"] * network.constants["c1"].reshape(-1, 1, 1, 1)
    yield network.case("quantized weights only", roundings=1 + sum_of_magnitudes(reals))
    network = Network()
    reals = (exact_weights(8, 4, 1, 1)[0] * np.float32(2.0**-9)).astype(np.float32)
    network.add("Conv", "x", network.pair(network.constant(reals), 2.0**-9, np.int8(0)))
    yield network.case("weights that are quantized in the file", roundings=1 + sum_of_magnitudes(reals))
    network = Network()
    flat = network.add("Flatten", network.pair("x", STEP, np.uint8(128)))
    weights, _ = dequantized_weights(network, 10, 192)
    network.pair(network.add("Gemm", flat, weights, transB=1), STEP, np.uint8(128))
    yield network.case("Gemm", added_steps=1)


def operators():
    """What computes on integers."""
    network = Network()
    network.add("DynamicQuantizeLinear", "x", outputs=3)
    yield network.case("DynamicQuantizeLinear", output=np.uint8, roundings=4)
    q, zero, step = "q", np.uint8(90), np.float32(STEP)

    def begun():
        network = Network()
        network.quantize("x", STEP, zero)
        network.nodes[-1].output[0] = q
        return network
    network = begun()
    weights = RANDOM.integers(0, 9, (8, 4, 3, 3)).astype(np.uint8)
    network.add("ConvInteger", q, weights, zero, np.uint8(4))
    yield network.case("ConvInteger", output=np.int32, roundings=2, added_steps=1)  # of results, of the ends of their range; of the Cast
    network = begun()
    network.add("QLinearConv", q, step, zero, weights, step, np.uint8(4), np.float32(8 * STEP), zero)
    yield network.case("QLinearConv", output=np.uint8, added_steps=1)
    network = begun()
    network.add("MatMulInteger", q, RANDOM.integers(-9, 9, (8, 5)).astype(np.int8), zero)
    yield network.case("MatMulInteger", output=np.int32, roundings=2, added_steps=1)
    network = begun()
    network.add("MaxPool", q, kernel_shape=[2, 2])
    yield network.case("MaxPool", output=np.uint8)


def all_cases():
    for family in (pairs, ends, readers, networks, operators):
        yield from family()


def refused_models():
    network = Network()
    network.add("Relu", network.quantize("x", STEP, np.int8(0)))
    yield "float original", network.case("Relu", output=np.int8)
    network = Network()
    blocks = np.full((1, 4, 6, 2), STEP, np.float32)
    network.quantize("x", blocks, np.zeros(blocks.shape, np.int8), axis=3, block_size=4)
    yield "per tensor or per channel", network.case("blocks", output=np.int8)


class QuantizedOnnx(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = peers.fresh_folder("quantized_onnx")
        cls.cases = []
        for number, case in enumerate(all_cases()):
            folder = cls.folder / f"{number:03}"
            folder.mkdir()
            onnx.save(case.model, folder / "case.onnx")
            samples = case.samples()
            np.savez(folder / "data.npz", **{name: array.reshape(-1, *SHAPE[1:])
                                             for name, array in zip(case.inputs, samples)})
            cls.cases.append((case, folder, samples, peers.run_onnxruntime(folder / "case.onnx", samples)))

    def test_float_files_give_the_same_numbers(self):
        for case, folder, samples, expected in self.cases:
            with self.subTest(case.name):
                peers.qconvert(folder / "case.onnx", folder / "model.tflite", "--float", "--layout", "keep")
                peers.write_inputs(folder, samples)
                for resolver in (peers.DEFAULT, peers.XNNPACK):
                    for ours, theirs in zip(peers.LiteRt(folder / "model.tflite", resolver).run(samples), expected):
                        np.testing.assert_array_equal(ours, theirs)
        peers.run_ours("fast", [folder for _, folder, *_ in self.cases])
        for case, folder, _, expected in self.cases:
            with self.subTest(f"{case.name}, by our runner"):
                for ours, theirs in zip(peers.our_outputs("fast", folder), expected, strict=True):
                    np.testing.assert_array_equal(ours, theirs)

    def test_integer_files_add_their_own_rounding(self):
        for case, folder, _, _ in self.cases:
            with self.subTest(case.name):
                samples = case.samples(ties=False)  # QUANTIZE rounds halves away from 0, ONNX to even
                expected = peers.run_onnxruntime(folder / "case.onnx", samples)
                np.savez(folder / "data.npz", **{name: array.reshape(-1, *SHAPE[1:])
                                                 for name, array in zip(case.inputs, samples)})
                path = folder / "int8.tflite"
                peers.qconvert(folder / "case.onnx", path, "--data", folder / "data.npz", "--layout", "keep",
                               "--calibration", "min-max")
                model = peers.LiteRt(path, peers.DEFAULT)
                for ours, theirs in zip(model.run(samples), expected, strict=True):
                    self.assertEqual(ours.dtype, theirs.dtype)
                    step = STEP if theirs.dtype == np.float32 else 1
                    rounding = np.abs(theirs).max() * 2.0**-23 if theirs.dtype == np.float32 else 0  # scale times steps
                    bound = rounding + case.roundings * model.largest_scale() / 2 + case.added_steps * step
                    self.assertLessEqual(np.abs(ours.astype(np.float64) - theirs).max(), bound)

    def test_every_mode_writes_a_file_that_runs(self):
        modes = (["--io", "int8"], ["--io", "uint8"], ["--per-layer"], ["--bits", "4"], ["--weights-only"],
                 ["--weights-only", "--bits", "4"], ["--weights-only", "--bits", "16"])
        chosen = {case.name for family in (ends, networks) for case in family()}
        for case, folder, samples, expected in (ready for ready in self.cases if ready[0].name in chosen):
            for mode in modes:
                with self.subTest(f"{case.name}, {' '.join(mode)}"):
                    path = folder / "mode.tflite"
                    peers.qconvert(folder / "case.onnx", path, "--data", folder / "data.npz", "--layout", "keep", *mode)
                    model = peers.LiteRt(path, peers.DEFAULT)
                    inputs = [given.astype(details["dtype"]) for given, details in zip(samples, model.inputs)]
                    for ours, theirs in zip(model.run(inputs), expected, strict=True):
                        self.assertEqual(ours.shape, theirs.shape)

    def test_other_quantization_is_refused_with_a_remedy(self):
        for remedy, case in refused_models():
            with self.subTest(case.name):
                onnx.save(case.model, self.folder / "refused.onnx")
                with self.assertRaisesRegex(RuntimeError, f"(?s)exit 4: .*{remedy}"):
                    peers.qconvert(self.folder / "refused.onnx", self.folder / "refused.tflite", "--float")


if __name__ == "__main__":
    unittest.main()
