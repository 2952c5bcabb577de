"""Files of --dynamic: LiteRT rounds float activations to 8 bits as it runs, and so do we.

LiteRT's reference kernels and we choose the same 8-bit numbers from the same inputs; LiteRT adds up integers and we
add up the reals that they stand for, so one operator is apart by the rounding errors of float sums (one_op_float_test
says which). XNNPACK rounds halves and zero points otherwise: there a number may be one step off, no more.
"""

import unittest

import numpy as np
import onnx
from ai_edge_litert import schema_py_generated as schema

import peers
from one_op_cases import convolutions, matrix_products
from one_op_float_test import UNIT, magnitudes, terms

SAMPLES = 4
ROUNDED_WEIGHTS = 1.02  # a weight is off by 1/254 of the largest, which is at most five times the mean
WIDENED = {"DepthwiseConv2D"}  # XNNPACK rounds no activations there
CODES = schema.BuiltinOperator


def inputs_of(model):
    return [tuple(d.dim_value for d in value.type.tensor_type.shape.dim) for value in model.graph.input]


class DynamicRange(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = peers.fresh_folder("dynamic_range")
        cls.cases = [
            case for case in [*convolutions(), *matrix_products()]
            if not case.flags and case.operator != "BatchMatMul" and len(inputs_of(case.model)) == 1
        ]

    def prepare(self, number, case, random):
        folder = self.folder / f"{number:03}"
        folder.mkdir()
        onnx.save(case.model, folder / "case.onnx")
        peers.qconvert(folder / "case.onnx", folder / "model.tflite", "--dynamic", "--layout", "keep")
        self.assertEqual(
            CODES.DEQUANTIZE in [code for code, _ in peers.operators(folder / "model.tflite")],
            case.operator in WIDENED)
        reals = random.uniform(*case.ranges[0], (SAMPLES, *inputs_of(case.model)[0])).astype(np.float32)
        peers.write_inputs(folder, [reals])
        return folder, reals

    def bounds(self, case, folder, reals):
        """What float sums may err by, and what one step of every activation makes."""
        step = np.full_like(reals, np.ptp(np.append(reals, 0)) / 255)
        float_sums = 2 * (terms(case.model) + 4) * UNIT * magnitudes(case, folder, [np.abs(reals) + step])[0]
        with_bias, bias = (magnitudes(case, folder, [array])[0] for array in (step, 0 * step))
        return ROUNDED_WEIGHTS * float_sums, ROUNDED_WEIGHTS * (float_sums + with_bias - bias)

    def test_operators(self):
        random = np.random.default_rng(11)
        ready = []
        for number, case in enumerate(self.cases):
            with self.subTest(case.name):
                ready.append((case, *self.prepare(number, case, random)))
        peers.run_ours("fast", [folder for _, folder, _ in ready])
        for case, folder, reals in ready:
            ours = peers.our_outputs("fast", folder)[0]
            for runtime, bound in zip((case.resolver, peers.XNNPACK), self.bounds(case, folder, reals), strict=True):
                with self.subTest(f"{case.name}, {runtime}"):
                    theirs = peers.LiteRt(folder / "model.tflite", runtime).run([reals])[0]
                    share = np.abs(ours.astype(np.float64) - theirs) / np.maximum(bound, 1e-30)
                    self.assertLessEqual(share.max(), 1, "of the bound")

    def test_networks(self):
        """Rounding errors of floats move activations over halves, and layer after layer such steps add up. So we compare
        with what rounding does in all: we are nearer to LiteRT's reference kernels than a network that does not round.
        """
        pictures = peers.fashion_pictures(16)
        for network in ("mobilenet", "resnet"):
            outputs = {}
            for flag in ("--dynamic", "--weights-only"):
                folder = self.folder / f"{network} {flag}"
                folder.mkdir()
                peers.qconvert(peers.FASHION / f"{network}.onnx", folder / "model.tflite", flag)
                model = peers.LiteRt(folder / "model.tflite", peers.REFERENCE)
                inputs = model.as_inputs([pictures])
                peers.write_inputs(folder, inputs)
                peers.run_ours("fast", [folder], threads=2)
                outputs[flag] = peers.our_outputs("fast", folder)[0]
                if flag == "--dynamic":
                    theirs = {kind: peers.LiteRt(folder / "model.tflite", kind).run(inputs)[0]
                              for kind in (peers.REFERENCE, peers.XNNPACK)}
            rounds, does_not = (outputs[flag] - theirs[peers.REFERENCE] for flag in ("--dynamic", "--weights-only"))
            self.assertLess(2 * np.linalg.norm(rounds), np.linalg.norm(does_not), network)
            for answers in theirs.values():
                np.testing.assert_array_equal(outputs["--dynamic"].argmax(-1), answers.argmax(-1), network)


if __name__ == "__main__":
    unittest.main()
