"""ONNX counts negative indices of Gather from the end, also those that are only known at run time; LiteRT's GATHER does not."""

import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import peers

INDICES = [[0, -1, -6], [5, 2, -3]]


class NegativeIndices(unittest.TestCase):
    def require_counted(self, kind, *flags):
        folder = peers.fresh_folder("negative_indices")
        table = np.random.default_rng(2).normal(0, 1, (6, 4)).astype(np.float32)
        graph = helper.make_graph(
            [helper.make_node("Gather", ["table", "i"], ["y"], axis=0)], "table",
            [helper.make_tensor_value_info("i", helper.np_dtype_to_tensor_dtype(np.dtype(kind)), [2, 3])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, 3, 4])], [numpy_helper.from_array(table, "table")])
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), folder / "model.onnx")
        peers.qconvert(folder / "model.onnx", folder / "model.tflite", *flags)
        indices = np.asarray(INDICES, kind)
        for resolver in (peers.REFERENCE, peers.DEFAULT, peers.XNNPACK):
            result = peers.LiteRt(folder / "model.tflite", resolver).run([indices[np.newaxis]])[0][0]
            step = 0 if "--float" in flags else np.ptp(table) / 255
            self.assertLessEqual(np.abs(result - table[indices]).max(), step)

    def test_float(self):
        self.require_counted(np.int64, "--float")
        self.require_counted(np.int32, "--float")

    def test_integers(self):
        self.require_counted(np.int64)


if __name__ == "__main__":
    unittest.main()
