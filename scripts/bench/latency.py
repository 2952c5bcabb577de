"""Latency: milliseconds of one inference, qconvert's runner against other engines, in int8 and in float.

Engines take turns, each in a process of its own, and the least time of all turns counts: a machine that changes its
speed for seconds then favours nobody.
"""

import json
import math
import os
import sys
import tempfile

from bench import latency_tables, machine, setup
from bench.case import Case
from bench.latency_engines import ENGINES, peers
from bench.networks import TIMED

THREADS = (1, 2)
SAMPLES = 16  # for calibration
LEAST_RUNS, MOST_RUNS, TURN_MS = 5, 50, 1000

TEXT = """\
## Latency

{versions}. {machine}.
Milliseconds of one inference with {threads} threads, batch 1. Each engine runs in a process of its own, and they take
turns; least of a short round and {rounds} of up to {runs} runs. Load beforehand: {load:.1f}.

int8: qconvert and LiteRT (with XNNPACK) run qconvert's file, ONNX Runtime what `quantize_static` makes (QDQ, uint8
activations, int8 weights per channel), OpenVINO what NNCF makes; all calibrated on the same {samples} samples. float32:
the original network, for LiteRT as qconvert writes it.

{milliseconds}
{failed}
How many times faster, with {threads} threads:

{ratios}

Goals, which are meant for processors with VNNI and AMX:

{goals}"""


class Racer:
    """An engine on one network: its least time with each number of threads, or why it failed."""

    def __init__(self, engine, case):
        self.engine, self.case = engine, case
        self.runs = LEAST_RUNS
        self.least_ms = dict.fromkeys(THREADS, math.inf)
        self.failure = None

    def turn(self, threads):
        if self.failure is None:
            try:
                self.measure(threads)
            except RuntimeError as error:
                self.failure = reason(error).replace(f"{self.case.folder}/", "")

    def measure(self, threads):
        command = self.engine.command(self.engine.file(self.case), threads, self.runs)
        min_ms = json.loads(peers.run(*command))["min_ms"]
        self.least_ms[threads] = min(self.least_ms[threads], min_ms)
        self.runs = min(max(LEAST_RUNS, round(TURN_MS / min_ms)), MOST_RUNS)

    def times(self):
        """Milliseconds with each number of threads; nothing after a failure."""
        return [] if self.failure else list(self.least_ms.values())


def reason(error):
    """The last line of what a program said, without its command."""
    return str(error).partition(" ...: ")[2].splitlines()[-1]


def race(name, rounds):
    """Every engine on one network; a first round, short, tells how many runs a turn has."""
    with tempfile.TemporaryDirectory() as folder:
        case = Case(name, TIMED[name], folder, SAMPLES)
        racers = [Racer(engine, case) for engine in ENGINES]
        for lap in range(rounds + 1):
            for threads in THREADS:
                for racer in racers:
                    racer.turn(threads)
            times = (f"{racer.engine} {latency_tables.cell(racer.times())}" for racer in racers)
            print(f"{name}, round {lap}: {', '.join(times)}", file=sys.stderr)
    return racers


def peers_versions():
    versions = {
        "LiteRT": machine.version("ai-edge-litert"),
        "ONNX Runtime": machine.version("onnxruntime"),
        "OpenVINO": machine.openvino_version("openvino"),
        "NNCF": machine.openvino_version("nncf"),
    }
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def report(networks, rounds):
    """The section as Markdown."""
    setup.make_openvino()
    load = os.getloadavg()[0]  # other programs', before ours start
    races = {name: race(name, rounds) for name in networks}
    times = {name: {racer.engine: racer.times() for racer in racers} for name, racers in races.items()}
    failed = [f"- {name}, {racer.engine}: {racer.failure}" for name in races for racer in races[name] if racer.failure]
    return TEXT.format(
        versions=f"qconvert {machine.our_version()}, {peers_versions()}",
        machine=machine.description(),
        threads=" / ".join(map(str, THREADS)),
        rounds=rounds,
        runs=MOST_RUNS,
        load=load,
        samples=SAMPLES,
        milliseconds=latency_tables.milliseconds(times),
        failed="\n".join(["", "What failed:", "", *failed, ""]) if failed else "",
        ratios=latency_tables.ratios(times),
        goals=latency_tables.goals(times),
    )
