"""The tables of docs/accuracy.md: every network in every mode, beside its peers."""

import functools
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
    "4-bit weights": ("--bits", "4", "--all-layers"),
    "4-bit weights only": ("--bits", "4", "--all-layers", "--weights-only"),
    "16-bit float weights": ("--bits", "16"),
}
PEERS = {
    "ONNX Runtime, int8 per channel, min-max": judging.JudgedCase.onnxruntime,
    "NNCF, int8, its defaults": judging.JudgedCase.nncf,
}
CEILING = "ONNX Runtime, 16-bit weights, min-max"


def judge(names):
    """{network: {mode: Judgement}}; tells on stderr what it does."""
    judgements = {}
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            case = judging.JudgedCase(name, NETWORKS[name], folder)
            modes = MODES | (KEY_MODES if name == KEY_NETWORK else {})
            runs = {mode: lambda flags=flags: case.ours(flags) for mode, flags in modes.items()}
            runs |= {peer: functools.partial(quantize, case) for peer, quantize in PEERS.items()}
            runs[CEILING] = functools.partial(case.onnxruntime, weights="int16")
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
    return table(("network, random weights", *MODES, *PEERS, CEILING), rows)


def paired(judgements):
    """A row per network and peer: the share of right answers that the default is ahead by, and its 95 % interval."""
    rows = []
    for name, modes in judgements.items():
        ours = modes["int8 per channel"]
        for peer in PEERS:
            ahead = 100 * (ours.right.astype(float) - modes[peer].right)  # percent, of each sample
            mean, margin = ahead.mean(), 1.96 * ahead.std() / math.sqrt(len(ahead))
            answers = f"{mean:+.2f} points, {mean - margin:+.2f} to {mean + margin:+.2f}"
            rows.append((name, peer, answers, f"{ours.sqnr_db - modes[peer].sqnr_db:+.1f} dB"))
    return table(("network", "beside", "right answers", "SQNR"), rows)


def chosen(judgements):
    """A row per network: what the default calibration did to ranges."""
    rows = []
    for name, modes in judgements.items():
        ranges = modes["int8 per channel"].ranges
        kept = ranges["count"] - ranges["clipped"] - ranges["widened"]
        rows.append((name, *map(str, (ranges["clipped"], kept, ranges["widened"])), ranges["method"]))
    return table(("network", "clipped", "as seen", "widened", "method"), rows)


def tables(judgements):
    """The tables of trained networks, of others, of answers beside peers, of ranges; empty where there are no rows."""
    real, random = (
        {name: modes for name, modes in judgements.items() if NETWORKS[name].trained == kind} for kind in (True, False)
    )
    parts = (trained, real), (untrained, random), (paired, real), (chosen, judgements)
    return [write(part) if part else "" for write, part in parts]
