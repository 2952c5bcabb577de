"""Conversion: seconds and memory of whole processes, from start to file, qconvert against other quantizers.

All get the same network and samples (.npy, mapped) and as many threads as they choose. They take turns. The least
time counts, which other processes disturbed least, and the largest memory.
"""

import os
import sys
import tempfile

from bench import machine, setup
from bench.case import Case
from bench.markdown import table
from bench.networks import TIMED
from bench.processes import Cost, measure

TINY_NETWORK = "mobilenet"  # of 0.2 MB: what it takes is the executable's own
SAMPLES = (16, 100)
OURS, DEFAULT, ONNXRUNTIME, NNCF = TOOLS = ("qconvert --effort 0", "qconvert", "ONNX Runtime", "NNCF")
LARGER = 2  # goal: at most so many times the network's size in memory

TEXT = """\
## Conversion

{versions}. {machine}.
Whole processes, start to file; least time and largest memory of {rounds} rounds. Load beforehand: {load:.1f}.
`--effort 0` is the plain conversion, as the others make it. The default also corrects biases and, where a file falls
short of 20 dB, looks for the flag that helps; mobilenet_v2 and resnet50 have random weights and fall short.
qconvert's own memory: {own_mb:.0f} MB. Goals of `--effort 0`: with 100 samples at least 10x faster than ONNX Runtime (8x on resnet50,
as near as its float inferences allow), at most {larger}x the network in memory.

{costs}

{ratios}"""


def commands(case):
    return {
        OURS: case.qconvert_command(case.folder / "ours.tflite", ("--effort", "0")),
        DEFAULT: case.qconvert_command(case.folder / "default.tflite"),
        ONNXRUNTIME: case.onnxruntime_command(case.folder / "onnxruntime.onnx"),
        NNCF: case.openvino_command(case.folder / "openvino.xml"),
    }


def best(costs):
    return Cost(min(cost.seconds for cost in costs), max(cost.peak_mb for cost in costs))


def race(name, samples, rounds):
    """{tool: cost} on a network, and the network's megabytes."""
    with tempfile.TemporaryDirectory() as folder:
        case = Case(name, TIMED[name], folder, samples)
        laps = []
        for lap in range(rounds):
            laps.append({tool: measure(*command) for tool, command in commands(case).items()})
            costs = ", ".join(f"{tool} {text(cost)}" for tool, cost in laps[-1].items())
            print(f"{name}, {samples} samples, round {lap + 1}: {costs}", file=sys.stderr)
        return {tool: best([lap[tool] for lap in laps]) for tool in TOOLS}, case.model.stat().st_size / 1e6


def text(cost):
    return f"{cost.seconds:.2f} s {cost.peak_mb:.0f} MB"


def own_memory():
    """Megabytes that qconvert takes whatever the network."""
    with tempfile.TemporaryDirectory() as folder:
        return measure(*commands(Case(TINY_NETWORK, TIMED[TINY_NETWORK], folder, 1))[OURS]).peak_mb


def compared(costs, model_mb, own_mb):
    faster = (f"{costs[tool].seconds / costs[OURS].seconds:.1f}x" for tool in (ONNXRUNTIME, NNCF))
    return *faster, f"{(costs[OURS].peak_mb - own_mb) / model_mb:.1f}x of {model_mb:.1f} MB"


def report(networks, rounds):
    """The section as Markdown."""
    setup.make_openvino()
    load = os.getloadavg()[0]  # other programs', before ours start
    own_mb = own_memory()
    races = {(name, str(samples)): race(name, samples, rounds) for name in networks for samples in SAMPLES}
    costs = [(*key, *(text(costs[tool]) for tool in TOOLS)) for key, (costs, _) in races.items()]
    ratios = [(*key, *compared(costs, model_mb, own_mb)) for key, (costs, model_mb) in races.items()]
    columns = ("network", "samples")
    over = ("ONNX Runtime / qconvert", "NNCF / qconvert", "qconvert's memory above its own / network")
    versions = {ONNXRUNTIME: machine.version("onnxruntime"), NNCF: machine.openvino_version("nncf")}
    return TEXT.format(
        versions=", ".join([f"qconvert {machine.our_version()}", *(f"{name} {v}" for name, v in versions.items())]),
        machine=machine.description(),
        rounds=rounds,
        load=load,
        own_mb=own_mb,
        larger=LARGER,
        costs=table((*columns, *TOOLS), costs),
        ratios=table((*columns, *over), ratios),
    )
