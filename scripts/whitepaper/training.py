"""Ways to train: qtune with flags on Fashion-MNIST's training pictures, from the network or from one without training."""

import dataclasses
import functools
import json
import struct

from bench.setup import ROOT, import_peers
from whitepaper import subjects
from zoo import fashion_mnist

peers = import_peers()

TRAINED, VALIDATED = slice(0, 50000), slice(50000, 60000)  # of the training pictures
QUICK = 640  # of the first
UNTRAINED_PYTHON = "/usr/bin/python3"  # that has torch


@dataclasses.dataclass(frozen=True)
class Tuned:
    """qtune's file, run by LiteRT, or by our runner where it has what TFLite's kernels refuse."""

    flags: str = ""
    teacher: str = ""  # another of the study's networks
    scratch: bool = False  # begin with random weights

    @property
    def command(self):
        begun = " from random weights" if self.scratch else ""
        return self.said() + begun

    def said(self):
        """What is typed behind the model and its samples."""
        teacher = f" --teacher testdata/fashion_mnist/{self.teacher}_bn.onnx" if self.teacher else ""
        return f"qtune {self.flags}{teacher}"

    def apply(self, bench):
        output, summary = bench.folder / "tuned.tflite", bench.folder / "tuned.json"
        peers.run(*self.arguments(bench), "--json", summary, "-o", output)
        outputs = bench.ours(output) if "--allow-extensions" in self.flags else bench.tflite(output)
        return outputs, output.stat().st_size, told(json.loads(summary.read_text()))

    def arguments(self, bench):
        files = idx_files(bench.folder.parent, QUICK if bench.quick else TRAINED.stop)
        labels = ["--labels", files["labels"], "--validation-labels", files["validation_labels"]]
        samples = ["--data", files["pictures"], "--validation", files["validation"]]
        samples += [] if bench.subject.masks else labels
        teacher = ["--teacher", subjects.SUBJECTS[self.teacher].network.model()] if self.teacher else []
        flags = [*bench.network.preprocessing.flags(), *self.flags.split(), *teacher]
        return [peers.BUILD / "bin/qtune", self.model(bench), *samples, *flags, "--threads", "1", "-q"]

    def model(self, bench):
        if not self.scratch:
            return bench.network.model()
        name = bench.network.model().stem
        script = [UNTRAINED_PYTHON, ROOT / "scripts/train_fashion_mnist.py", "--epochs", "0"]
        peers.run(*script, "--out", bench.folder, name.removesuffix("_bn"))
        return bench.folder / f"{name}.onnx"


def told(summary):
    """What the tables and curves need of qtune's JSON."""
    curve = [(point["step"], point["loss"], point["validation"]) for point in summary["curve"]]
    return {"curve": curve, "plain": summary["curve"][0]["plain"], "seconds": summary["seconds"]}


@functools.cache
def idx_files(folder, count):
    """The training and validation pictures with their labels as IDX files."""
    images, labels = fashion_mnist.read("train")
    parts = {
        "pictures": (images, slice(0, count)),
        "labels": (labels, slice(0, count)),
        "validation": (images, VALIDATED),
        "validation_labels": (labels, VALIDATED),
    }
    return {name: write_idx(folder / f"{name}.idx", values[part]) for name, (values, part) in parts.items()}


def write_idx(path, values):
    """uint8 values of any rank as an IDX file: its magic number ends in the rank, then come the sizes."""
    path.write_bytes(struct.pack(f">{1 + values.ndim}I", 0x800 + values.ndim, *values.shape) + values.tobytes())
    return path
