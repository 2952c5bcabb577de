"""Constants behind the flatbuffer, where those of files beyond 2 GB stand: LiteRT reads the same from both places."""

import unittest

import numpy as np

import peers

RESOLVERS = {"reference": peers.REFERENCE, "default": peers.DEFAULT, "xnnpack": peers.XNNPACK}


def bytes_in_flatbuffer(path):
    return sum(len(b.data) for b in peers.read_tflite(path).buffers if b.data is not None)


class WriteApart(unittest.TestCase):
    def require_same(self, *flags):
        folder = peers.fresh_folder("write_apart")
        peers.qconvert(peers.FASHION / "resnet.onnx", folder / "model.tflite", *flags)
        peers.run(peers.BUILD / "bin/write_apart", folder / "model.tflite", folder / "apart.tflite")
        self.assertLess(bytes_in_flatbuffer(folder / "apart.tflite"), 4096)  # the metadata
        pictures = peers.fashion_pictures(4)
        for name, resolver in RESOLVERS.items():
            models = [peers.LiteRt(folder / file, resolver) for file in ("model.tflite", "apart.tflite")]
            ours, apart = (model.run(model.as_inputs([pictures.reshape(-1, *model.inputs[0]["shape"])])) for model in models)
            for a, b in zip(ours, apart, strict=True):
                self.assertTrue(np.array_equal(a, b), name)

    def test_float(self):
        self.require_same("--float")

    def test_integers(self):
        self.require_same(*peers.FASHION_FLAGS)

    def test_four_bits(self):
        self.require_same("--bits", 4, *peers.FASHION_FLAGS)


if __name__ == "__main__":
    unittest.main()
