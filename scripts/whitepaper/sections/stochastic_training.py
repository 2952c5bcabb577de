"""Figures 12 and 15 of the paper: stochastic rounding in training, and averages of weights."""

from whitepaper import recipes
from whitepaper.sections import curves

NETWORKS = ("mobilenet_v1", "mobilenet_v1_half", "inception", "squeezenet")
METHODS = {
    "nearest": recipes.FOUR_BITS,
    "stochastic": recipes.four_bits("--rounding stochastic"),
    "nearest, averaged": recipes.four_bits("--ema 0.999"),
}

TEXT = """\
## Stochastic rounding and averages of weights (sections 3.2.3 and 4, figures 12 and 15)

Each of {typed}.
The paper finds stochastic rounding in training worse, and averages of weights of doubtful use: weights settle
where they are rounded either way.

{rows}

Means over these networks, in points against float: {means}.

![Validation by time](study/stochastic_training.svg)
"""


def report(study):
    return curves.section(study, NETWORKS, METHODS, TEXT, "stochastic_training")
