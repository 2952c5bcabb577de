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
{int8_gops:.0f} GOP/s in the runner's own product of int8 matrices ({float32_gops:.0f} in float32), and
{gigabytes_per_s:.1f} GB/s read from memory. A step's roof is the lower of the int8 product's speed and of what its
operations per byte allow.

![GOP/s of each step over its operations per byte, under the roofs](roofline.svg)

{table}

*Of its roof*: the time that the steps would take at their roofs, as a share of the time that they take. *In products*:
the share that is spent in steps that multiply, those with a dot."""


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
    return {key: max(peak[key] for peak in found) for key in found[0]}


def roof_gops(operations_per_byte, best):
    return min(best["int8_gops"], operations_per_byte * best["gigabytes_per_s"])


def products(lap):
    """The steps that multiply."""
    return [step for step in lap["steps"] if step["gops"]]


def row(name, lap, best):
    spent_us = sum(step["median_us"] for step in lap["steps"])
    least_us = sum(
        step["median_us"] * step["gops"] / roof_gops(step["operations_per_byte"], best) for step in products(lap)
    )
    products_us = sum(step["median_us"] for step in products(lap))
    shares = (lap["gops"] / best["int8_gops"], least_us / spent_us, products_us / spent_us)
    return name, f"{lap['gops']:.1f}", *(f"{share:.0%}" for share in shares)


def section(measured):
    best = peaks(measured)
    rows = [row(name, lap, best) for name, lap in measured.items()]
    return TEXT.format(**best, table=table(("network", "GOP/s", "of the peak", "of its roof", "in products"), rows))
