"""Our float runner against ONNX Runtime on every network there is: testdata's, and .models when it has been made."""

import itertools
import shutil
import time
import unittest

import numpy as np
import onnx

import peers

MOST = 1e-4  # of the output's range
SAMPLES = {True: 4, False: 1}  # of a small network, of a large one


def random_inputs(model, samples, random):
    """Smooth pictures with noise on top, as networks see them: pure noise dies in the first layers."""
    inputs = []
    for value in model.graph.input:
        shape = [dimension.dim_value for dimension in value.type.tensor_type.shape.dim]
        coarse = random.normal(0, 1, (samples, *shape[:2], *(-(-size // 16) for size in shape[2:])))
        for axis, size in itertools.islice(enumerate(shape, 1), 2, None):
            coarse = coarse.repeat(16, axis).take(range(size), axis)
        inputs.append((coarse + random.normal(0, 0.2, coarse.shape)).astype(np.float32))
    return inputs


class FloatNetworks(unittest.TestCase):
    def compare(self, path, folder, samples):
        folder.mkdir()
        model = peers.with_fixed_shapes(onnx.load(path), path.stem)
        onnx.save(model, folder / "model.onnx")
        inputs = random_inputs(model, samples, np.random.default_rng(5))
        peers.write_inputs(folder, inputs)
        peers.run_ours("fast", [folder], threads=2)
        theirs = peers.run_onnxruntime(folder / "model.onnx", inputs)
        errors = []
        for ours, reference in zip(peers.our_outputs("fast", folder), theirs, strict=True):
            self.assertEqual(ours.shape, reference.shape)
            errors.append(np.abs(ours - reference).max() / np.ptp(reference))
        shutil.rmtree(folder)
        return max(errors)

    def test_networks_agree(self):
        scratch = peers.fresh_folder("onnxruntime")
        paths = sorted(peers.FASHION.glob("*.onnx")) + sorted(peers.LARGE_NETWORKS.values())
        for path in paths:
            with self.subTest(path.name):
                start = time.monotonic()
                error = self.compare(path, scratch / path.stem, SAMPLES[path.parent == peers.FASHION])
                print(f"{path.stem:24} {error:.1e} of the output's range, {time.monotonic() - start:.1f} s", flush=True)
                self.assertLessEqual(error, MOST)
        if not peers.LARGE_NETWORKS:
            peers.say_left_out(["the large networks"])
            self.skipTest("the large networks are not there")


if __name__ == "__main__":
    unittest.main()
