"""Operators of com.microsoft, as ONNX Runtime's optimizers write them, and ONNX's attention: our float files in LiteRT give
ONNX Runtime's numbers.
"""

import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import peers

SAMPLES = 3
BOUND = 1e-5  # of the output's range: both sides round sums of some hundred float32 products
BATCH, TOKENS, HEADS, SIZE = 2, 6, 4, 8
WIDTH = HEADS * SIZE
SHORTER = 7  # keys that count of a past whose buffer has more
RANDOM = np.random.default_rng(4)
KINDS = {np.dtype(np.float32): TensorProto.FLOAT, np.dtype(np.int32): TensorProto.INT32,
         np.dtype(np.int64): TensorProto.INT64}


def normal(*shape, deviation=1.0):
    return RANDOM.normal(0, deviation, shape).astype(np.float32)


class Case:
    """One node. Operands are arrays: `inputs` are given samples, `constants` are initializers, by position."""

    def __init__(self, op_type, operands, constants=(), outputs=1, domain="com.microsoft", opset=21,
                 kinds=(TensorProto.FLOAT,) * 4, **attributes):
        names = ["" if array is None else f"x{i}" for i, array in enumerate(operands)]
        results = [f"y{i}" if i in (outputs if isinstance(outputs, tuple) else range(outputs)) else ""
                   for i in range(max(outputs) + 1 if isinstance(outputs, tuple) else outputs)]
        self.inputs = {names[i]: array for i, array in enumerate(operands) if names[i] and i not in constants}
        values = [helper.make_tensor_value_info(name, KINDS[array.dtype], array.shape)
                  for name, array in self.inputs.items()]
        graph = helper.make_graph(
            [helper.make_node(op_type, names, results, name="fused", domain=domain, **attributes)], "g", values,
            [helper.make_tensor_value_info(name, kind, None) for name, kind in zip(results, kinds) if name],
            [numpy_helper.from_array(operands[i], names[i]) for i in constants])
        opsets = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)]
        self.model = helper.make_model(graph, opset_imports=opsets, ir_version=10)

    def samples(self, name):
        """Another order of the same values for each sample, which keeps integers within their limits."""
        array = self.inputs[name]
        return np.stack([array, *(RANDOM.permutation(array.ravel()).reshape(array.shape) for _ in range(SAMPLES - 1))])


def rows():
    return normal(BATCH, TOKENS, WIDTH)


def heads(tokens=TOKENS):
    return normal(BATCH, HEADS, tokens, SIZE)


def activations():
    yield "Gelu", Case("Gelu", [rows()])
    yield "BiasGelu", Case("BiasGelu", [rows(), normal(WIDTH)], (1,))
    yield "FastGelu", Case("FastGelu", [rows()])
    yield "FastGelu with bias", Case("FastGelu", [rows(), normal(WIDTH)], (1,))
    yield "QuickGelu", Case("QuickGelu", [rows()], alpha=1.5)


def products():
    a, b = normal(3, 5, 4), normal(3, 4, 6)
    yield "FusedMatMul", Case("FusedMatMul", [a, b], alpha=0.25)
    yield "FusedMatMul, weights", Case("FusedMatMul", [a, normal(4, 6)], (1,), alpha=0.25)
    yield "FusedMatMul, transposed", Case("FusedMatMul", [normal(3, 4, 5), normal(3, 6, 4)], transA=1, transB=1)
    batches = [normal(5, 2, 3, 4), normal(4, 2, 3, 6)]
    yield "FusedMatMul, batches behind rows", Case("FusedMatMul", batches, transBatchA=1, transBatchB=1, alpha=0.5)
    both = [normal(4, 2, 3, 5), normal(6, 2, 3, 4)]
    yield "FusedMatMul, all", Case("FusedMatMul", both, transBatchA=1, transBatchB=1, transA=1, transB=1)
    yield "FusedGemm", Case("FusedGemm", [normal(3, 5), normal(5, 4), normal(4)], (1, 2), activation="Tanh")
    yield "FusedGemm, LeakyRelu", Case("FusedGemm", [normal(3, 5), normal(4, 5), normal(4)], (1, 2), transB=1,
                                       activation="LeakyRelu", activation_alpha=0.3)


def convolutions():
    x, w, b, z = normal(1, 3, 7, 8), normal(4, 3, 3, 3), normal(4), normal(1, 4, 5, 6)
    yield "FusedConv", Case("FusedConv", [x, w, b], (1, 2), activation="Relu")
    yield "FusedConv, sum", Case("FusedConv", [x, w, b, z], (1, 2), activation="Relu")
    yield "FusedConv, Clip", Case("FusedConv", [x, w, b], (1, 2), activation="Clip", activation_params=[-0.5, 2.0])
    yield "FusedConv, HardSigmoid", Case("FusedConv", [x, w, b], (1, 2), activation="HardSigmoid",
                                         activation_params=[0.25, 0.5])


def normalizations():
    scale, offset, bias = normal(WIDTH), normal(WIDTH), normal(WIDTH)
    yield "SkipLayerNormalization", Case("SkipLayerNormalization", [rows(), rows(), scale, offset, bias], (2, 3, 4),
                                         outputs=(0, 3), epsilon=1e-5)
    yield "no offset", Case("SkipLayerNormalization", [rows(), rows(), scale], (2,))
    yield "one skip for all", Case("SkipLayerNormalization", [rows(), normal(TOKENS, WIDTH), scale, offset], (2, 3))
    yield "SkipSimplifiedLayerNormalization", Case("SkipSimplifiedLayerNormalization", [rows(), rows(), scale, bias],
                                                   (2, 3), outputs=(0, 3))
    yield "SimplifiedLayerNormalization", Case("SimplifiedLayerNormalization", [rows(), scale], (1,), domain="", axis=-1)
    ids = RANDOM.integers(0, 2, (2, BATCH, TOKENS)).astype(np.int32)
    words, places, segments = normal(9, WIDTH), normal(16, WIDTH), normal(2, WIDTH)
    tables = [ids[0], ids[1], words, places, segments, scale, offset,
              (np.arange(TOKENS) < [[4], [6]]).astype(np.int32)]
    kinds = {"outputs": (0, 1), "kinds": (TensorProto.FLOAT, TensorProto.INT32)}
    yield "EmbedLayerNormalization", Case("EmbedLayerNormalization", tables, (2, 3, 4, 5, 6), **kinds)
    places_of = np.tile(np.arange(TOKENS, dtype=np.int32)[::-1], (BATCH, 1))
    yield "no segments, given places", Case(
        "EmbedLayerNormalization", [ids[0], None, words, places, None, scale, offset, None, places_of], (2, 3, 5, 6, 8),
        **kinds)


def attentions():
    weights, bias = normal(WIDTH, 3 * WIDTH, deviation=0.3), normal(3 * WIDTH)
    lengths = np.array([4, 6], np.int32)
    mask = (np.arange(TOKENS) < lengths[:, None]).astype(np.int32)
    relative = normal(1, HEADS, TOKENS, TOKENS)
    both, of = (1, 2), {"num_heads": HEADS}
    yield "Attention", Case("Attention", [rows(), weights, bias], both, **of)
    yield "Attention, raw mask", Case("Attention", [rows(), weights, bias, mask], both, **of)
    yield "Attention, lengths", Case("Attention", [rows(), weights, bias, lengths], both, **of)
    of_rows = np.repeat(mask[:, None], TOKENS, axis=1)
    yield "Attention, mask of rows", Case("Attention", [rows(), weights, bias, of_rows], both, **of)
    yield "Attention, causal", Case("Attention", [rows(), weights, bias], both, unidirectional=1, scale=0.5, **of)
    yield "Attention, bias", Case("Attention", [rows(), weights, bias, None, None, relative], (1, 2, 5), **of)
    uneven = normal(WIDTH, 2 * 24 + 40, deviation=0.3)
    yield "Attention, wider values", Case("Attention", [rows(), uneven, normal(88)], both, qkv_hidden_sizes=[24, 24, 40], **of)
    past = normal(2, BATCH, HEADS, 3, SIZE)
    yield "Attention, past", Case("Attention", [rows(), weights, bias, None, past], both, outputs=2, unidirectional=1, **of)
    multi = "MultiHeadAttention"
    yield multi, Case(multi, [rows(), rows(), rows()], **of)
    yield "cross attention", Case(multi, [rows(), normal(BATCH, 9, WIDTH), normal(BATCH, 9, WIDTH), bias], (3,), **of)
    yield "keys by head", Case(multi, [rows(), heads(9), heads(9)], **of)
    yield "masked keys", Case(multi, [rows(), rows(), rows(), bias, mask, relative], (3, 5), **of)
    yield "past of both", Case(multi, [rows(), rows(), rows(), None, None, None, heads(3), heads(3)], outputs=3,
                               unidirectional=1, **of)


def attentions_of_onnx():
    of = {"domain": "", "opset": 23}
    yield "heads", Case("Attention", [heads(), heads(9), heads(9)], **of)
    mask = normal(BATCH, 1, TOKENS, 9)
    yield "masked", Case("Attention", [heads(), heads(9), heads(9), mask], scale=0.5, **of)
    shared = [normal(BATCH, TOKENS, WIDTH), *(normal(BATCH, TOKENS, WIDTH // 2) for _ in range(2))]
    yield "causal, shared keys", Case("Attention", shared, q_num_heads=HEADS, kv_num_heads=HEADS // 2, is_causal=1, **of)
    past = [heads(), heads(), heads(), None, heads(3), heads(3)]
    yield "past", Case("Attention", past, outputs=3, is_causal=1, softcap=2.0, **of)


def packed_attentions():
    """ONNX Runtime computes these on GPUs only: with what it computes of the same operands apart."""
    multi, of = "MultiHeadAttention", {"num_heads": HEADS}
    query, keys, values = heads(), heads(9), heads(9)

    def by_row(x):
        return x.transpose(0, 2, 1, 3)

    def joined(x):
        return by_row(x).reshape(BATCH, -1, WIDTH)

    apart = Case(multi, [joined(query), keys, values], **of)
    yield "keys and values", Case(multi, [joined(query), np.stack([by_row(keys), by_row(values)], 3)], **of), apart
    parts = [query, heads(), heads()]
    apart = Case(multi, [joined(parts[0]), *parts[1:]], **of)
    yield "all", Case(multi, [np.stack([by_row(x) for x in parts], 3)], **of), apart


def rotations():
    angles = RANDOM.uniform(0, 6, (16, SIZE // 2))
    cosines, sines = np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)
    places = np.array([[3, 0, 1, 2, 4, 5], [9, 8, 7, 6, 5, 4]], np.int64)
    tables, kind = (2, 3), "RotaryEmbedding"
    yield kind, Case(kind, [heads(), places, cosines, sines], tables)
    yield "rows", Case(kind, [rows(), places, cosines, sines], tables)
    yield "from one place on", Case(kind, [rows(), np.array([5], np.int64), cosines, sines], (1, *tables))
    yield "interleaved", Case(kind, [heads(), places, cosines, sines], tables, interleaved=1)
    yield "of ONNX", Case(kind, [heads(), cosines, sines, places], (1, 2), domain="", opset=23)


def group_query_attentions():
    """Keys and values of half as many heads; the past of one sequence, whose length is known or computed."""
    kind, groups, held, size = "GroupQueryAttention", HEADS // 2, 9, 2 * SIZE
    angles = RANDOM.uniform(0, 6, (32, size // 2))
    tables = [np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)]
    of = {"num_heads": HEADS, "kv_num_heads": groups, "outputs": 3}

    def operands(batch, tokens, past=0, length=None, total=None):
        total = past + tokens if total is None else total
        length = total if length is None else length
        before = [normal(batch, groups, past, size) for _ in range(2)] if past else [None, None]
        sizes = (np.full(batch, length - 1, np.int32), np.array(total, np.int32))
        fresh = [normal(batch, tokens, heads_ * size) for heads_ in (HEADS, groups, groups)]
        return [*fresh, *before, *sizes]

    both = (5, 6)
    yield kind, Case(kind, operands(BATCH, TOKENS), both, **of)
    yield "window, softcap", Case(kind, operands(BATCH, TOKENS), both, local_window_size=2, softcap=3.0, scale=0.4, **of)
    rotary = [*operands(BATCH, TOKENS), *tables]
    yield "rotary", Case(kind, rotary, (*both, 7, 8), do_rotary=1, **of)
    yield "interleaved", Case(kind, rotary, (*both, 7, 8), do_rotary=1, rotary_interleaved=1, **of)
    packed = [np.concatenate(rotary[:3], axis=2), None, None, *rotary[3:]]
    yield "packed", Case(kind, packed, (*both, 7, 8), do_rotary=1, **of)
    bias = [*operands(BATCH, TOKENS), None, None, None, normal(BATCH, 1, TOKENS, TOKENS)]
    yield "biased", Case(kind, bias, (*both, 10), **of)
    known = [*operands(BATCH, 1, held), *tables]
    yield "known past", Case(kind, known, (*both, 7, 8), do_rotary=1, **of)
    computed = [*operands(1, 1, held), *tables]
    yield "computed past", Case(kind, computed, (6, 7, 8), do_rotary=1, **of)
    yield "computed past, window", Case(kind, computed, (6, 7, 8), do_rotary=1, local_window_size=3, **of)
    yield "shorter past", Case(kind, [*operands(1, 1, held, length=SHORTER), *tables], (6, 7, 8), do_rotary=1, **of)


class FusedOperators(unittest.TestCase):
    def compare(self, kinds):
        for name, case in kinds:
            with self.subTest(name):
                folder = peers.fresh_folder(f"fused_operators/{name}")
                onnx.save(case.model, folder / "model.onnx")
                inputs = {key: case.samples(key) for key in case.inputs}
                expected = peers.run_onnxruntime(folder / "model.onnx", list(inputs.values()))
                self.compare_file(folder, inputs, expected)

    def compare_file(self, folder, inputs, expected, parts=(...,) * 3):
        peers.qconvert(folder / "model.onnx", folder / "model.tflite", "--float", "--layout", "keep")
        model = peers.LiteRt(folder / "model.tflite", peers.REFERENCE)
        found = model.run([inputs[details["name"]] for details in model.inputs])
        self.assertEqual(len(found), len(expected))
        for ours, theirs, part in zip(found, expected, parts):
            self.assertEqual(ours.shape, theirs.shape)
            self.assertLessEqual(np.abs(ours[part] - theirs[part]).max(), BOUND * np.ptp(theirs))

    def test_activations(self):
        self.compare(activations())

    def test_products(self):
        self.compare(products())

    def test_convolutions(self):
        self.compare(convolutions())

    def test_normalizations(self):
        self.compare(normalizations())

    def test_attentions(self):
        self.compare(attentions())

    def test_attentions_of_onnx(self):
        self.compare(attentions_of_onnx())

    def test_group_query_attentions(self):
        *cases, (_, shorter) = group_query_attentions()
        self.compare(cases)
        folder = peers.fresh_folder("fused_operators/shorter past")
        onnx.save(shorter.model, folder / "model.onnx")
        inputs = {key: array[None] for key, array in shorter.inputs.items()}
        expected = peers.run_onnxruntime(folder / "model.onnx", list(inputs.values()))
        self.compare_file(folder, inputs, expected, [..., *2 * [np.s_[:, :, :, :SHORTER]]])

    def test_packed_attentions(self):
        for name, case, apart in packed_attentions():
            with self.subTest(name):
                folder = peers.fresh_folder(f"fused_operators/packed {name}")
                onnx.save(apart.model, folder / "apart.onnx")
                onnx.save(case.model, folder / "model.onnx")
                inputs = [{key: array[None] for key, array in each.inputs.items()} for each in (case, apart)]
                expected = peers.run_onnxruntime(folder / "apart.onnx", list(inputs[1].values()))
                self.compare_file(folder, inputs[0], expected)

    def test_rotations(self):
        self.compare(rotations())


if __name__ == "__main__":
    unittest.main()
