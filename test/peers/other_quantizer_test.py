"""Files that another quantizer wrote: litert-quantizer, applied to our own float files, run by us and by LiteRT.

Its dynamic-range files keep activations float, and LiteRT quantizes them to 8 bits as it runs. So do we, but always
asymmetrically, and LiteRT's reference kernels symmetrically where the file says so. One operator is apart by what both
roundings may do: half a step each of the input, times the sum of the weights' magnitudes.
"""

import contextlib
import io
import unittest

import numpy as np
import onnx
from litert_quantizer import quantizer, recipe

import peers
from one_op_cases import convolutions, matrix_products
from one_op_float_test import magnitudes

SAMPLES = 8
FLOAT_BOUND = 1e-4  # of the output's range: the same float32 products in another order
ROUNDED_WEIGHTS = 1.02  # a weight is off by 1/254 of the largest, which is at most five times the mean
NETWORKS = ("mobilenet", "resnet")


class OtherQuantizer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = peers.fresh_folder("other_quantizer")
        cls.pictures = peers.fashion_pictures(SAMPLES)

    def quantize(self, folder, how, samples=()):
        """Quantizes FOLDER/float.tflite; its operators must come out another way."""
        maker = quantizer.Quantizer(str(folder / "float.tflite"), how)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            ranges = maker.calibrate({"serving_default": samples}) if maker.need_calibration else None
            (folder / "model.tflite").write_bytes(maker.quantize(ranges).quantized_model)
        self.assertNotEqual(peers.operators(folder / "model.tflite"), peers.operators(folder / "float.tflite"))

    def quantize_network(self, network, name, how):
        folder = self.folder / f"{network}, {name}"
        folder.mkdir()
        peers.qconvert(peers.FASHION / f"{network}.onnx", folder / "float.tflite", "--float")
        self.quantize(folder, how, [{"input": picture.reshape(1, 28, 28, 1)} for picture in self.pictures])
        return folder

    def run_both(self, folder, kernels, reals, resolver=peers.REFERENCE):
        """Our outputs and LiteRT's."""
        model = peers.LiteRt(folder / "model.tflite", resolver)
        inputs = model.as_inputs(reals)
        peers.write_inputs(folder, inputs)
        peers.run_ours(kernels, [folder])
        return zip(peers.our_outputs(kernels, folder), model.run(inputs), strict=True)

    def test_static_int8(self):
        for network in NETWORKS:
            with self.subTest(network):
                folder = self.quantize_network(network, "static", recipe.static_wi8_ai8())
                for ours, theirs in self.run_both(folder, "reference", [self.pictures]):
                    np.testing.assert_array_equal(ours, theirs)

    def test_weights_only(self):
        for network in NETWORKS:
            for bits, how in ((8, recipe.weight_only_wi8_afp32()), (4, recipe.weight_only_wi4_afp32())):
                with self.subTest(f"{network}, {bits} bits"):
                    folder = self.quantize_network(network, f"weights only, {bits} bits", how)
                    for ours, theirs in self.run_both(folder, "fast", [self.pictures]):
                        self.assertLessEqual(np.abs(ours - theirs).max() / np.ptp(theirs), FLOAT_BOUND)

    def test_dynamic_range_of_networks(self):
        for network in NETWORKS:
            with self.subTest(network):
                folder = self.quantize_network(network, "dynamic range", recipe.dynamic_wi8_afp32())
                for ours, theirs in self.run_both(folder, "fast", [self.pictures]):
                    np.testing.assert_array_equal(ours.argmax(-1), theirs.argmax(-1))

    def test_dynamic_range_of_operators(self):
        random = np.random.default_rng(7)
        cases = [case for case in [*convolutions(), *matrix_products()] if not case.flags]
        for number, case in enumerate(case for case in cases if case.operator != "BatchMatMul"):
            with self.subTest(case.name):
                folder = self.folder / str(number)
                folder.mkdir()
                onnx.save(case.model, folder / "case.onnx")
                peers.qconvert(folder / "case.onnx", folder / "float.tflite", "--float", "--layout", "keep")
                self.quantize(folder, recipe.dynamic_wi8_afp32())
                shape = [dimension.dim_value for dimension in case.model.graph.input[0].type.tensor_type.shape.dim]
                reals = random.uniform(-3, 3, (SAMPLES, *shape)).astype(np.float32)
                half_step = np.full_like(reals, np.abs(reals).max() / 127 / 2)
                with_bias = magnitudes(case, folder, [half_step])[0]
                bound = 2 * (with_bias - magnitudes(case, folder, [0 * half_step])[0])
                for ours, theirs in self.run_both(folder, "fast", [reals]):
                    share = np.abs(ours - theirs) / np.maximum(ROUNDED_WEIGHTS * bound, 1e-30)
                    self.assertLessEqual(share.max(), 1, "of the bound")


if __name__ == "__main__":
    unittest.main()
