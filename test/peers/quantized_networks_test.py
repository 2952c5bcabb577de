"""Networks that ONNX Runtime has quantized, in each of its forms: our integer files keep the parameters of the models,
and in LiteRT they are no further from the float network than ONNX Runtime's own run, but for what TFLite cannot hold."""

import unittest

import numpy as np
import onnx
from onnx import numpy_helper
from ai_edge_litert import schema_py_generated as schema
from onnxruntime import quantization

import peers

SAMPLES = 32
S8, U8, S16, U16 = (getattr(quantization.QuantType, name) for name in ("QInt8", "QUInt8", "QInt16", "QUInt16"))
QDQ, QOPERATOR = quantization.QuantFormat.QDQ, quantization.QuantFormat.QOperator
# What a form may lose: weights with a zero point are rounded anew.
FORMS = {
    "QDQ int8": (QDQ, S8, S8, True, 0), "QDQ uint8": (QDQ, U8, S8, True, 0),
    "QDQ uint8 weights": (QDQ, U8, U8, False, 1), "QDQ int16": (QDQ, S16, S8, True, 0), "QDQ uint16": (QDQ, U16, S8, True, 0),
    "QOperator": (QOPERATOR, U8, S8, True, 0), "QOperator uint8 weights": (QOPERATOR, U8, U8, False, 1),
}


class Reader(quantization.CalibrationDataReader):
    def __init__(self, samples):
        self.left = iter(samples)

    def get_next(self):
        sample = next(self.left, None)
        return None if sample is None else {"input": sample}


def sqnr_db(values, reference):
    noise = np.square(values.astype(np.float64) - reference).sum()
    return 10 * np.log10(np.square(reference, dtype=np.float64).sum() / noise)


def parameters_of_activations(path):
    model = peers.read_tflite(path)
    graph = model.subgraphs[0]
    computed = [graph.tensors[index] for operator in graph.operators for index in operator.outputs]
    return {(float(tensor.quantization.scale[0]), int(tensor.quantization.zeroPoint[0]))
            for tensor in computed if tensor.type == schema.TensorType.INT8}


class QuantizedNetworks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = peers.fresh_folder("quantized_networks")
        cls.float_model = cls.folder / "float.onnx"
        model = onnx.load(peers.FASHION / "resnet.onnx")
        onnx.save(peers.with_fixed_shapes(model, "resnet"), cls.float_model)
        pictures = peers.fashion_pictures(2 * SAMPLES)
        cls.calibration, cls.samples = pictures[:SAMPLES], pictures[SAMPLES:]
        cls.reference = cls.run_onnx(cls.float_model)

    @classmethod
    def run_onnx(cls, path):
        return peers.run_onnxruntime(path, [cls.samples])[0]

    def quantize(self, name, form, activations, weights, per_channel):
        path = self.folder / f"{name}.onnx"
        quantization.quantize_static(self.float_model, path, Reader(self.calibration), quant_format=form,
                                     activation_type=activations, weight_type=weights, per_channel=per_channel)
        return path

    def test_each_form_is_all_integer_and_as_accurate(self):
        for name, (*form, loss_db) in FORMS.items():
            with self.subTest(name):
                model, path = self.quantize(name, *form), self.folder / f"{name}.tflite"
                peers.qconvert(model, path)
                operators = peers.operators(path)
                self.assertTrue(all(integer for _, integer in operators), operators)
                self.assertNotIn(schema.BuiltinOperator.TRANSPOSE, [code for code, _ in operators])
                ours = peers.LiteRt(path, peers.XNNPACK).run([self.samples])[0]
                theirs = self.run_onnx(model)
                self.assertGreaterEqual(sqnr_db(ours, self.reference), sqnr_db(theirs, self.reference) - loss_db - 0.1)

    def test_the_dynamic_form_keeps_rounding_at_run_time(self):
        model, path = self.folder / "dynamic.onnx", self.folder / "dynamic.tflite"
        quantization.quantize_dynamic(self.float_model, model)
        peers.qconvert(model, path, "--layout", "keep")
        self.assertLess(path.stat().st_size, 0.4 * self.float_model.stat().st_size)  # 8 of 32 bits, and the rest
        self.assertNotIn(schema.BuiltinOperator.TRANSPOSE, [code for code, _ in peers.operators(path)])
        ours = peers.LiteRt(path, peers.XNNPACK).run([self.samples])[0]
        self.assertGreaterEqual(sqnr_db(ours, self.reference), sqnr_db(self.run_onnx(model), self.reference) - 0.1)

    def test_scales_and_zero_points_are_the_models(self):
        model = self.quantize("parameters", QDQ, S8, S8, True)
        path = self.folder / "parameters.tflite"
        peers.qconvert(model, path)
        graph = onnx.load(model).graph
        constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
        expected = {(float(constants[node.input[1]]), int(constants[node.input[2]]))
                    for node in graph.node if node.op_type == "QuantizeLinear"}
        self.assertEqual(parameters_of_activations(path), expected)


if __name__ == "__main__":
    unittest.main()
