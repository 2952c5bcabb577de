"""Figure 12 of the paper is about training; here the same rounding without it."""

import numpy as np

from bench.markdown import table
from whitepaper import cells
from whitepaper.methods import Ours
from whitepaper.sections import Section

SEEDS = 3
NETWORKS = ("mobilenet_v1", "mobilenet_v1_half", "mobilenet_relu", "squeezenet", "resnet")
FLAGS = {"8 bits per layer": "--per-layer", "4 bits per channel": "--bits 4"}

TEXT = """\
## Stochastic against nearest rounding (section 2.3, figure 12)

Weights rounded by qconvert to the nearest step, or up and down by chance (`--rounding stochastic`, {seeds} seeds: the
mean, and the least and greatest). Files as above, `--per-layer` and `--bits 4`. The paper compares the two in training.

{rows}
"""


def by_chance(study, name, flags):
    seeds = 1 if study.quick else SEEDS
    methods = [Ours(f"{flags} --rounding stochastic --seed {seed}") for seed in range(seeds)]
    values = np.array([cells.percent(study, name, method) for method in methods])
    return f"{values.mean():.2f} ({values.min():.2f} to {values.max():.2f})"


def row(study, name):
    for flags in FLAGS.values():
        yield cells.cell(study, name, Ours(flags))
        yield by_chance(study, name, flags)


def report(study):
    header = [f"{label}, {how}" for label in FLAGS for how in ("nearest", "stochastic")]
    rows = [(name, *row(study, name)) for name in study.fashion if name in NETWORKS]
    return Section(TEXT.format(seeds=SEEDS, rows=table(("network", *header), rows)))
