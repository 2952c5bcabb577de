"""Files of --codebook: LiteRT and we look up the same weights, which are few different ones."""

import unittest

import numpy as np
import onnx
from ai_edge_litert import schema_py_generated as schema

import peers
from one_op_cases import convolutions, matrix_products
from one_op_float_test import UNIT, magnitudes, terms

SAMPLES = 4
CODES = schema.BuiltinOperator


def inputs_of(model):
    return [tuple(d.dim_value for d in value.type.tensor_type.shape.dim) for value in model.graph.input]


class Codebooks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = peers.fresh_folder("codebook")
        cls.cases = [
            case for case in [*convolutions(), *matrix_products()]
            if not case.flags and case.operator != "BatchMatMul" and len(inputs_of(case.model)) == 1
        ]

    def prepare(self, number, case, codes):
        folder = self.folder / f"{number:03}_{codes}"
        folder.mkdir()
        onnx.save(case.model, folder / "case.onnx")
        peers.qconvert(folder / "case.onnx", folder / "model.tflite", "--codebook", codes, "--layout", "keep")
        return folder

    def test_operators(self):
        random = np.random.default_rng(12)
        ready, looked_up = [], 0
        for number, case in enumerate(self.cases):
            for codes in (4, 100):
                with self.subTest(f"{case.name}, {codes} codes"):
                    folder = self.prepare(number, case, codes)
                    looked_up += CODES.GATHER in [code for code, _ in peers.operators(folder / "model.tflite")]
                    reals = random.uniform(*case.ranges[0], (SAMPLES, *inputs_of(case.model)[0])).astype(np.float32)
                    peers.write_inputs(folder, [reals])
                    ready.append((case, folder, reals))
        self.assertGreater(looked_up, len(self.cases) // 2)
        peers.run_ours("fast", [folder for _, folder, _ in ready])
        for case, folder, reals in ready:
            ours = peers.our_outputs("fast", folder)[0]
            # The codebook's largest value is a mean of weights, so no sum is larger than twice the network's own.
            bound = 4 * (terms(case.model) + 4) * UNIT * magnitudes(case, folder, [np.abs(reals)])[0].max()
            for runtime in (peers.REFERENCE, peers.DEFAULT, peers.XNNPACK):
                with self.subTest(f"{folder.name} {case.name}, {runtime}"):
                    theirs = peers.LiteRt(folder / "model.tflite", runtime).run([reals])[0]
                    self.assertLessEqual(np.abs(ours.astype(np.float64) - theirs).max(), bound)

    def test_networks(self):
        pictures = peers.fashion_pictures(16)
        for network in ("mobilenet", "resnet"):
            for codes in (16, 256):
                folder = self.folder / f"{network}_{codes}"
                folder.mkdir()
                peers.qconvert(peers.FASHION / f"{network}.onnx", folder / "model.tflite", "--codebook", codes)
                runtime = peers.LiteRt(folder / "model.tflite", peers.REFERENCE)
                inputs = runtime.as_inputs([pictures])
                peers.write_inputs(folder, inputs)
                peers.run_ours("fast", [folder])
                ours, theirs = peers.our_outputs("fast", folder)[0], runtime.run(inputs)[0]
                with self.subTest(f"{network}, {codes} codes"):
                    self.assertLess(np.abs(ours - theirs).max(), 1e-3 * np.abs(theirs).max())


if __name__ == "__main__":
    unittest.main()
