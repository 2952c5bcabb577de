"""Conversion: seconds and memory of whole processes, from start to file, qconvert against ONNX Runtime's quantizer.

Both get the same network and samples (.npy, mapped) and as many threads as they choose. Rounds alternate. The least
time counts, which other processes disturbed least, and the largest memory.
"""

import os
import sys
import tempfile

from bench import machine
from bench.case import Case
from bench.markdown import table
from bench.networks import TIMED
from bench.processes import Cost, measure

TINY_NETWORK = "mobilenet"  # of 0.2 MB: what it takes is the executable's own
SAMPLES = (16, 100)
FASTER, LARGER = 5, 3  # goals: so many times faster, and so many times the network's size in memory


def ours(case):
    return measure(*case.qconvert_command(case.folder / "ours.tflite"))


def theirs(case):
    return measure(*case.onnxruntime_command(case.folder / "onnxruntime.onnx"))


def best(costs):
    return Cost(min(cost.seconds for cost in costs), max(cost.peak_mb for cost in costs))


def race(name, samples, rounds):
    """Costs of ours and theirs, and the network's megabytes."""
    with tempfile.TemporaryDirectory() as folder:
        case = Case(name, TIMED[name], folder, samples)
        laps = []
        for lap in range(rounds):
            laps.append((ours(case), theirs(case)))
            print(f"{name}, {samples} samples, round {lap + 1}: {text(*laps[-1])}", file=sys.stderr)
        return *map(best, zip(*laps)), case.model.stat().st_size / 1e6


def text(*costs):
    return ", ".join(f"{cost.seconds:.2f} s {cost.peak_mb:.0f} MB" for cost in costs)


def own_memory():
    """Megabytes that qconvert takes whatever the network."""
    with tempfile.TemporaryDirectory() as folder:
        return ours(Case(TINY_NETWORK, TIMED[TINY_NETWORK], folder, 1)).peak_mb


def row(name, samples, rounds, own_mb):
    our, their, model_mb = race(name, samples, rounds)
    faster, larger = their.seconds / our.seconds, (our.peak_mb - own_mb) / model_mb
    return name, str(samples), text(our), text(their), f"{faster:.1f}x", f"{larger:.1f}x of {model_mb:.1f} MB"


def report(networks, rounds):
    """The section as Markdown."""
    load = os.getloadavg()[0]  # other programs', before ours start
    own_mb = own_memory()
    rows = [row(name, samples, rounds, own_mb) for name in networks for samples in SAMPLES]
    header = ("network", "samples", "qconvert", "ONNX Runtime", "faster", "memory above its own / network")
    versions = f"qconvert {machine.our_version()}, ONNX Runtime {machine.version('onnxruntime')}"
    return f"""\
## Conversion

{versions}. {machine.description()}.
Whole processes, start to file; least time and largest memory of {rounds} rounds. Load beforehand: {load:.1f}.
qconvert's own memory: {own_mb:.0f} MB. Goals: at least {FASTER}x faster, at most {LARGER}x the network.

{table(header, rows)}"""
