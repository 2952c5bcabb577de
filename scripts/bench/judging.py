"""Quantizes a network with qconvert and with ONNX Runtime, and judges both on the same samples."""

import dataclasses
import json
import math

import numpy as np

from bench import samples
from bench.case import Case
from bench.setup import import_peers

peers = import_peers()


@dataclasses.dataclass(frozen=True)
class Judgement:
    sqnr_db: float
    agreement: float  # percent of samples with the float network's top-1
    top1: float | None  # percent, where there are labels


class JudgedCase(Case):
    """A case with samples to judge on."""

    def __init__(self, name, network, folder):
        super().__init__(name, network, folder, network.calibration)
        self.test = samples.test(network)
        np.save(self.folder / "test.npy", self.test)
        self.labels = samples.labels(network) if network.labelled else None
        if network.labelled:
            np.savetxt(self.folder / "labels.txt", self.labels, "%d")

    def ours(self, flags):
        """What qeval says of qconvert's file."""
        output = self.folder / "ours.tflite"
        calibrated = not {"--float", "--weights-only"} & set(flags)
        peers.run(*self.qconvert_command(output, flags, calibrated=calibrated))
        labels = ["--labels", self.folder / "labels.txt"] if self.network.labelled else []
        judge = [peers.BUILD / "bin/qeval", self.model, output, "--data", self.folder / "test.npy", *labels]
        report = json.loads(peers.run(*judge, "-q", "--json", "-"))
        accuracy = report["candidate_accuracy"]
        (sqnr_db,) = [measured["sqnr_db"] for measured in report["outputs"]]
        sqnr_db = math.inf if sqnr_db is None else sqnr_db  # JSON has no infinity
        return Judgement(sqnr_db, report["agreement_percent"], accuracy and accuracy["top1_percent"])

    def onnxruntime(self):
        """The same of quantize_static's file, as written: run without graph optimizations."""
        output = self.folder / "onnxruntime.onnx"
        peers.run(*self.onnxruntime_command(output))
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
