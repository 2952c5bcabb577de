"""One network and its calibration samples, written to a folder for every side to read."""

import pathlib
import sys
import sysconfig

import numpy as np
import onnx
import onnx.version_converter

from bench import samples
from bench.setup import OPENVINO, import_peers

peers = import_peers()

PER_CHANNEL_OPSET = 13  # the first that has scales per channel; ONNX Runtime writes them into any
ONNXRUNTIME_QUANTIZE = pathlib.Path(__file__).with_name("onnxruntime_quantize.py")
NNCF_QUANTIZE = pathlib.Path(__file__).with_name("nncf_quantize.py")
OPENVINO_QUANTIZE = pathlib.Path(__file__).with_name("openvino_quantize.py")


class Case:
    """The same network and the same arrays for every side, and what each is told."""

    def __init__(self, name, network, folder, count):
        self.network, self.folder = network, pathlib.Path(folder)
        self.model = self.folder / f"{name}.onnx"
        self.calibration = self.folder / "calibration.npy"
        model = peers.with_fixed_shapes(onnx.load(network.model()), name)
        onnx.save(with_opset(model, PER_CHANNEL_OPSET), self.model)
        np.save(self.calibration, samples.calibration(network, count))

    def qconvert_command(self, output, flags=(), *, calibrated=True):
        data = ["--data", self.calibration] if calibrated else []
        return [peers.BUILD / "bin/qconvert", self.model, *data, *flags, "-q", "-o", output]

    def onnxruntime_command(self, output, activations="int8", weights="int8"):
        arguments = [self.model, self.network.input, self.calibration, output, activations, weights]
        return [sys.executable, "-B", ONNXRUNTIME_QUANTIZE, *arguments]

    def nncf_command(self, output):
        arguments = [self.model, self.network.input, self.calibration, output, sysconfig.get_path("purelib")]
        return [OPENVINO / "bin/python", "-B", NNCF_QUANTIZE, *arguments]

    def openvino_command(self, output):
        return [OPENVINO / "bin/python", "-B", OPENVINO_QUANTIZE, self.model, self.calibration, output]


def with_opset(model, least):
    """The model in that version of ONNX's operators, or the newer one that it is in."""
    version = next(opset.version for opset in model.opset_import if opset.domain in ("", "ai.onnx"))
    return model if version >= least else onnx.version_converter.convert_version(model, least)
