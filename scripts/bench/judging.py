"""Quantizes a network with qconvert and its peers, and judges all on the same samples."""

import dataclasses
import functools
import json
import math

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from bench import samples
from bench.case import Case
from bench.setup import import_peers

peers = import_peers()


@dataclasses.dataclass(frozen=True)
class Judgement:
    sqnr_db: float
    agreement: float  # percent of samples with the float network's top-1
    top1: float | None  # percent, where there are labels
    right: np.ndarray | None = None  # by test sample: is the answer the label, or else the float network's?
    ranges: dict | None = None  # what qconvert says of them


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
        converted = json.loads(
            peers.run(*self.qconvert_command(output, flags, calibrated=calibrated), "--json", "-")
        )
        labels = ["--labels", self.folder / "labels.txt"] if self.network.labelled else []
        judge = [peers.BUILD / "bin/qeval", self.model, output, "--data", self.folder / "test.npy", *labels]
        report = json.loads(peers.run(*judge, "-q", "--json", "-"))
        accuracy = report["candidate_accuracy"]
        (sqnr_db,) = [measured["sqnr_db"] for measured in report["outputs"]]
        sqnr_db = math.inf if sqnr_db is None else sqnr_db  # JSON has no infinity
        top1 = accuracy and accuracy["top1_percent"]
        right = self.right(self.litert_answers(output)) if calibrated else None
        return Judgement(sqnr_db, report["agreement_percent"], top1, right, converted["ranges"])

    def onnxruntime(self, weights="int8"):
        """The same of quantize_static's file, as written: run without graph optimizations."""
        output = self.folder / "onnxruntime.onnx"
        peers.run(*self.onnxruntime_command(output, weights=weights))
        return self.judge(self.outputs(output))

    def nncf(self):
        """The same of NNCF's model, run as ONNX Runtime's is."""
        output = self.folder / "nncf.onnx"
        peers.run(*self.nncf_command(output))
        return self.judge(self.outputs(output))

    def litert_answers(self, file):
        """The class that a TFLite file gives each test sample in LiteRT."""
        interpreter = Interpreter(str(file), num_threads=2)
        interpreter.allocate_tensors()
        (given,), (wanted,) = interpreter.get_input_details(), interpreter.get_output_details()
        answers = []
        for sample in self.test.transpose(0, 2, 3, 1)[:, None]:
            interpreter.set_tensor(given["index"], sample)
            interpreter.invoke()
            answers.append(interpreter.get_tensor(wanted["index"]).argmax())
        return np.array(answers)

    @functools.cached_property
    def original(self):
        """What the float network computes on the test samples, in ONNX Runtime."""
        return self.outputs(self.model)

    def right(self, answers):
        return answers == (self.labels if self.network.labelled else self.original.argmax(1))

    def outputs(self, model):
        arrays = peers.run_onnxruntime(model, [self.test[:, None]])
        return np.concatenate([array.reshape(len(self.test), -1) for array in arrays], axis=1)

    def judge(self, quantized):
        original = self.original
        noise = np.square(original - quantized, dtype=np.float64).sum()
        signal = np.square(original, dtype=np.float64).sum()
        answers = quantized.argmax(1)
        agreement = 100 * np.mean(answers == original.argmax(1))
        top1 = 100 * np.mean(answers == self.labels) if self.network.labelled else None
        sqnr_db = 10 * math.log10(signal / noise) if noise else math.inf
        return Judgement(sqnr_db, agreement, top1, self.right(answers))
