"""Quantizes a network with qconvert and with ONNX Runtime, and judges both on the same samples."""

import dataclasses
import json
import math
import pathlib
import sys

import numpy as np
import onnx
import onnx.version_converter

from bench import samples
from bench.setup import import_peers

peers = import_peers()

PER_CHANNEL_OPSET = 13  # the first that has scales per channel; ONNX Runtime writes them into any


@dataclasses.dataclass(frozen=True)
class Judgement:
    sqnr_db: float
    agreement: float  # percent of samples with the float network's top-1
    top1: float | None  # percent, where there are labels


def with_opset(model, least):
    """The model in that version of ONNX's operators, or the newer one that it is in."""
    version = next(opset.version for opset in model.opset_import if opset.domain in ("", "ai.onnx"))
    return model if version >= least else onnx.version_converter.convert_version(model, least)


class Case:
    """A network and its samples, written to a folder for every side to read."""

    def __init__(self, name, network, folder):
        self.network, self.folder = network, pathlib.Path(folder)
        self.model = self.folder / f"{name}.onnx"
        model = peers.with_fixed_shapes(onnx.load(network.model()), name)
        onnx.save(with_opset(model, PER_CHANNEL_OPSET), self.model)
        self.test = samples.test(network)
        self.labels = samples.labels(network) if network.labelled else None
        np.save(self.folder / "calibration.npy", samples.calibration(network, network.calibration))
        np.save(self.folder / "test.npy", self.test)
        if network.labelled:
            np.savetxt(self.folder / "labels.txt", self.labels, "%d")

    def ours(self, flags):
        """What qeval says of qconvert's file."""
        output = self.folder / "ours.tflite"
        takes_samples = not {"--float", "--weights-only"} & set(flags)
        data = ["--data", self.folder / "calibration.npy"] if takes_samples else []
        peers.run(peers.BUILD / "bin/qconvert", self.model, *data, *flags, "-q", "-o", output)
        labels = ["--labels", self.folder / "labels.txt"] if self.network.labelled else []
        judge = [peers.BUILD / "bin/qeval", self.model, output, "--data", self.folder / "test.npy", *labels]
        report = json.loads(peers.run(*judge, "-q", "--json", "-"))
        accuracy = report["candidate_accuracy"]
        (noise,) = [output["sqnr_db"] for output in report["outputs"]]
        noise = math.inf if noise is None else noise
        return Judgement(noise, report["agreement_percent"], accuracy and accuracy["top1_percent"])

    def onnxruntime(self):
        """The same of quantize_static's file, as written: run without graph optimizations."""
        output = self.folder / "onnxruntime.onnx"
        program = pathlib.Path(__file__).with_name("onnxruntime_quantize.py")
        calibration = self.folder / "calibration.npy"
        peers.run(sys.executable, "-B", program, self.model, self.network.input, calibration, output)
        return self.judge(self.outputs(output))

    def outputs(self, model):
        arrays = peers.run_onnxruntime(model, [self.test[:, None]])
        return np.concatenate([array.reshape(len(self.test), -1) for array in arrays], axis=1)

    def judge(self, quantized):
        original = self.outputs(self.model)
        noise = np.square(original - quantized, dtype=np.float64).sum()
        signal = np.square(original, dtype=np.float64).sum()
        answers = quantized.argmax(1)
        agreement = 100 * np.mean(answers == original.argmax(1))
        top1 = 100 * np.mean(answers == self.labels) if self.network.labelled else None
        return Judgement(10 * math.log10(signal / noise) if noise else math.inf, agreement, top1)
