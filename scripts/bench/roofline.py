"""Roofline: how near the steps of quantized networks come to what the machine can do."""

import json
import sys
import tempfile

from bench.case import Case
from bench.latency import SAMPLES
from bench.latency_engines import our_int8, peers, qeval
from bench.markdown import table
from bench.networks import TIMED

RUNS = 20

TEXT = """\
## Roofline

One thread, qconvert's int8 files, profiled by `qeval --bench FILE --profile`, which measures the machine too:
{int8_gops:.0f} GOP/s in int8 ({int8_instruction}) and {float32_gops:.0f} GOP/s in float32, both of products of what lies
in registers. It reads {reads}.
A step's roof is the longer of two times: its products at the peak, and one read of its operands and results from the
fastest cache that holds them all, or from memory. What it reads may lie further away and what it writes takes longer,
so no step is faster, but for convolutions by Winograd (without VNNI), which multiply less than is counted.

![GOP/s of each step over its operations per byte, under the roofs]({picture})

{table}

*Of the peak*: the time that the products would take at the peak, as a share of a run. *Of the roof*: the time that the
steps would take at their roofs, as a share of the time that they take. *In products*: the share of that time that is
spent in steps that multiply, those with a dot. *Dense*: of the roof, over the steps CONV_2D and FULLY_CONNECTED alone.

The steps that lose the most of a network's time against their roofs:

{losses}"""

WORST = 3  # steps of a network that are named


def profile(name, rounds):
    """The fastest of several profiles of a network."""
    with tempfile.TemporaryDirectory() as folder:
        file = our_int8(Case(name, TIMED[name], folder, SAMPLES))
        laps = [json.loads(peers.run(*qeval(file, 1, RUNS), "--profile")) for _ in range(rounds)]
    fastest = min(laps, key=lambda lap: lap["min_ms"])
    print(f"{name}, profile: {fastest['gops']:.1f} GOP/s", file=sys.stderr)
    return fastest


def profiles(networks, rounds):
    return {name: profile(name, rounds) for name in networks}


def peaks(measured):
    """The machine's best: other programs only ever lower what is measured of it."""
    found = [lap["peaks"] for lap in measured.values()]
    best = {key: max(peak[key] for peak in found) for key in ("int8_gops", "float32_gops")}
    levels = [max(same, key=lambda level: level["gigabytes_per_s"]) for same in zip(*(peak["levels"] for peak in found))]
    return {**best, "int8_instruction": found[0]["int8_instruction"], "levels": levels}


def products(lap):
    """The steps that multiply."""
    return [step for step in lap["steps"] if step["gops"]]


def dense_percent(lap):
    """What share of their time the dense products would take at their roofs."""
    dense = [step for step in lap["steps"] if step["kind"] in ("Conv2D", "FullyConnected")]
    return 100 * sum(step["roof_us"] for step in dense) / sum(step["median_us"] for step in dense)


def row(name, lap):
    products_percent = sum(step["percent_of_time"] for step in products(lap))
    shares = (lap["percent_of_peak"], lap["percent_of_roof"], dense_percent(lap), products_percent)
    return name, f"{lap['gops']:.1f}", *(f"{share:.0f}%" for share in shares)


def losses(name, lap):
    spent_us = sum(step["median_us"] for step in lap["steps"])
    for step in sorted(lap["steps"], key=lambda step: -step["lost_us"])[:WORST]:
        times = (f"{step['median_us']:.0f} us", f"{step['roof_us']:.0f} us", step["bound"])
        yield name, f"{step['kind']} {step['shape']}", step["primitive"], *times, f"{step['lost_us'] / spent_us:.0%}"


def reads(levels):
    return ", ".join(f"{level['gigabytes_per_s']:.0f} GB/s from {level['name']}" for level in levels)


def section(measured, picture):
    best = peaks(measured)
    shares = table(
        ("network", "GOP/s", "of the peak", "of the roof", "dense", "in products"),
        [row(name, lap) for name, lap in measured.items()],
    )
    worst = table(
        ("network", "step", "executed by", "takes", "roof", "bound by", "lost"),
        [loss for name, lap in measured.items() for loss in losses(name, lap)],
    )
    return TEXT.format(**best, picture=picture, reads=reads(best["levels"]), table=shares, losses=worst)
