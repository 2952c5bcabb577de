"""Reads what `qeval --dump-outputs DIR` writes, and prints what `--metric-command` expects."""

import json
import pathlib

import numpy as np


class Dump:
    """The outputs of both networks on the same samples.

    samples: names; reference, candidate: arrays by output, [samples, ...].
    """

    def __init__(self, folder):
        folder = pathlib.Path(folder)
        listed = json.loads((folder / "outputs.json").read_text())
        self.samples = listed["samples"]
        self.reference, self.candidate = (
            [np.load(folder / output[side], mmap_mode="r") for output in listed["outputs"]] for side in ("reference", "candidate")
        )
        self.draws = np.load(folder / listed["draws"])


def print_metric(dump, metric_of):
    """Prints the metric of both networks on all samples, then on each draw of them.

    metric_of(outputs) returns a function that takes numbers of samples, which may repeat, and returns the metric.
    """
    metrics = metric_of(dump.reference), metric_of(dump.candidate)
    for chosen in [np.arange(len(dump.samples)), *dump.draws]:
        print(*(repr(float(metric(chosen))) for metric in metrics))
