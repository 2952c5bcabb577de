"""The tables of docs/accuracy.md: every network in every mode, beside ONNX Runtime."""

import math
import sys
import tempfile
import time

from bench import judging
from bench.markdown import table
from bench.networks import NETWORKS

MODES = {
    "float": ("--float",),
    "int8 per channel": (),
    "int8 per channel, min-max": ("--calibration", "min-max"),
    "int8 per layer": ("--per-layer",),
    "weights only": ("--weights-only",),
}
KEY_NETWORK = "efficientnet_lite0"
KEY_MODES = {
    "4-bit weights": ("--bits", "4"),
    "4-bit weights only": ("--bits", "4", "--weights-only"),
    "16-bit float weights": ("--bits", "16"),
}
PEER = "ONNX Runtime, int8 per channel, min-max"


def judge(names):
    """{network: {mode: Judgement}}; tells on stderr what it does."""
    judgements = {}
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            case = judging.JudgedCase(name, NETWORKS[name], folder)
            modes = MODES | (KEY_MODES if name == KEY_NETWORK else {})
            runs = {mode: lambda flags=flags: case.ours(flags) for mode, flags in modes.items()}
            runs[PEER] = case.onnxruntime
            judgements[name] = {mode: timed(f"{name}, {mode}", run) for mode, run in runs.items()}
    return judgements


def timed(what, run):
    start = time.monotonic()
    judgement = run()
    seconds = time.monotonic() - start
    print(f"{what}: {decibels(judgement)}, {percent(judgement.agreement)}, {seconds:.0f} s", file=sys.stderr)
    return judgement


def decibels(judgement):
    return "exact" if math.isinf(judgement.sqnr_db) else f"{judgement.sqnr_db:.1f} dB"


def percent(value):
    return "" if value is None else f"{value:.2f} %"


def trained(judgements):
    """A row per network and mode."""
    rows = [
        (name, mode, percent(judged.agreement), decibels(judged), percent(judged.top1))
        for name, modes in judgements.items()
        for mode, judged in modes.items()
    ]
    return table(("network", "mode", "same top-1 as float", "SQNR", "top-1"), rows)


def untrained(judgements):
    """A row per network, SQNR only: a random classifier's top-1 says nothing."""
    rows = [(name, *map(decibels, modes.values())) for name, modes in judgements.items()]
    return table(("network, random weights", *MODES, PEER), rows)


def tables(judgements):
    """The table of trained networks and that of others; empty where there are none."""
    parts = [
        {name: modes for name, modes in judgements.items() if NETWORKS[name].trained == kind} for kind in (True, False)
    ]
    return [write(part) if part else "" for write, part in zip((trained, untrained), parts)]
