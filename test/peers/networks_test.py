"""Whole networks in every mode: LiteRT runs what we write, and we compute the same.

Fully integer files are equal to LiteRT's reference kernels bit for bit. Files that compute in float agree within 1e-4
of the output's range, as with ONNX Runtime: both sum the same float32 products in another order.
"""

import time
import unittest

import numpy as np
import onnx

import peers
import xnnpack_profile

FLOAT_BOUND = 1e-4  # of the output's range
SAMPLES = 8
INTEGER_MODES = {
    "int8": (),
    "moving average": ("--calibration", "moving-average"),
    "per layer": ("--per-layer",),
    "int8 in and out": ("--io", "int8"),
    "uint8 in and out": ("--io", "uint8"),
    "ONNX's layout": ("--layout", "keep"),
    "int16": ("--activation-bits", "16"),
    "int16 in and out": ("--activation-bits", "16", "--io", "int16"),
    "int16 among int8": ("--wide", "Add|Gemm|GlobalAveragePool|ConvTranspose"),
}
FLOAT_MODES = {
    "float": ("--float",),
    "float, ONNX's layout": ("--float", "--layout", "keep"),
    "weights only": ("--weights-only",),
    "weights only, per layer": ("--weights-only", "--per-layer"),
    "weights only, asymmetric": ("--weights-only", "--scheme", "asymmetric"),
    "weights only, 4 bits": ("--weights-only", "--bits", "4"),
    "float16 weights": ("--bits", "16"),
}
# Single operators are within one step (one_op_int8_test); over a network such steps add up. LiteRT's own sets of
# kernels end up to 4 apart, so that two of us may be 8 apart; on average they stay below a step.
MOST_STEPS, MEAN_STEPS = 8, 1
# Large networks whose operators all have integer kernels, with little enough arithmetic for plain loops.
LARGE = {"mobilenet_v2", "efficientnet_lite0", "ppocr_cls", "squeezenet1_1", "shufflenet_v2_x1_0", "mobilenet_v3_large",
         "densenet121", "efficientnet_b0", "resnet18"}


class Networks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = peers.fresh_folder("networks")
        cls.random = np.random.default_rng(6)

    def convert(self, network, mode, flags):
        folder = self.folder / f"{network.stem}, {mode}"
        folder.mkdir()
        peers.qconvert(network, folder / "model.tflite", *flags, *xnnpack_profile.flags(folder))
        if network.parent == peers.FASHION:
            xnnpack_profile.require_true(folder)
        return folder

    def run_both(self, folder, kernels, resolver, pictures):
        """Our outputs and LiteRT's on the same raw inputs."""
        model = peers.LiteRt(folder / "model.tflite", resolver)
        if pictures is None:
            inputs = [self.random.normal(0, 1, (1, *details["shape"])) for details in model.inputs]
        else:
            inputs = [pictures]
        inputs = model.as_inputs(inputs)
        peers.write_inputs(folder, inputs)
        peers.run_ours(kernels, [folder], threads=2)
        return peers.our_outputs(kernels, folder), model.run(inputs)

    def compare_integer(self, folder, pictures):
        self.assertTrue(all(integer for _, integer in peers.operators(folder / "model.tflite")), "a float operator")
        for ours, theirs in zip(*self.run_both(folder, "reference", peers.REFERENCE, pictures), strict=True):
            np.testing.assert_array_equal(ours, theirs)
            self.assertGreater(np.ptp(ours.astype(np.float64)), 0, "an output that says nothing")

    def compare_float(self, folder, pictures):
        for resolver in (peers.REFERENCE, peers.XNNPACK):
            for ours, theirs in zip(*self.run_both(folder, "fast", resolver, pictures), strict=True):
                error = np.abs(ours - theirs).max() / np.ptp(theirs)
                self.assertLessEqual(error, FLOAT_BOUND, str(resolver))

    def test_small_networks_in_integers(self):
        pictures = peers.fashion_pictures(SAMPLES)
        for network in peers.FASHION_NETWORKS:
            for mode, flags in INTEGER_MODES.items():
                with self.subTest(f"{network.stem}, {mode}"):
                    self.compare_integer(self.convert(network, mode, (*peers.FASHION_FLAGS, *flags)), pictures)

    def compare_steps(self, folder, kernels, resolver, pictures):
        for ours, theirs in zip(*self.run_both(folder, kernels, resolver, pictures), strict=True):
            steps = np.abs(ours.astype(int) - theirs)
            self.assertLessEqual(steps.max(), MOST_STEPS)
            self.assertLess(steps.mean(), MEAN_STEPS)

    def test_small_networks_in_four_bits_and_in_default_kernels(self):
        """LiteRT has no reference kernel of DEPTHWISE_CONV_2D with 4-bit weights."""
        pictures = peers.fashion_pictures(SAMPLES)
        for network in peers.FASHION_NETWORKS:
            for bits in (4, 8):
                with self.subTest(f"{network.stem}, {bits} bits"):
                    flags = (*peers.FASHION_FLAGS, "--io", "int8", "--bits", bits)
                    folder = self.convert(network, f"{bits} bits", flags)
                    if network.stem.startswith("resnet"):
                        self.compare_integer(folder, pictures)
                    self.compare_steps(folder, "reference", peers.DEFAULT, pictures)
                    self.compare_steps(folder, "fast", peers.XNNPACK, pictures)

    def test_a_float_island_behind_integers(self):
        network = peers.FASHION / "mobilenet_bn.onnx"
        folder = self.convert(network, "a float island", (*peers.FASHION_FLAGS, "--exclude", "Gemm"))
        self.assertIn(False, [integer for _, integer in peers.operators(folder / "model.tflite")])
        pictures = peers.fashion_pictures(SAMPLES)
        for ours, theirs in zip(*self.run_both(folder, "reference", peers.REFERENCE, pictures), strict=True):
            self.assertLessEqual(np.abs(ours - theirs).max() / np.ptp(theirs), FLOAT_BOUND)

    def test_small_networks_in_float(self):
        pictures = peers.fashion_pictures(SAMPLES)
        for network in peers.FASHION_NETWORKS:
            for mode, flags in FLOAT_MODES.items():
                with self.subTest(f"{network.stem}, {mode}"):
                    self.compare_float(self.convert(network, mode, flags), pictures)

    def test_large_networks_in_integers(self):
        for name in sorted(LARGE & peers.LARGE_NETWORKS.keys()):
            start = time.monotonic()
            with self.subTest(name):
                network = self.folder / f"{name}.onnx"
                onnx.save(peers.with_fixed_shapes(onnx.load(peers.LARGE_NETWORKS[name]), name), network)
                self.compare_integer(self.convert(network, "int8", ()), None)
            print(f"{name:20} {time.monotonic() - start:.1f} s", flush=True)
        missing = LARGE - peers.LARGE_NETWORKS.keys()
        if missing:
            peers.say_left_out(missing)
            self.skipTest(f"{len(missing)} networks are not there")


if __name__ == "__main__":
    unittest.main()
