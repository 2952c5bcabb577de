"""The paper's appendix A: SQNR of each layer's weights at 8 bits, before and after batch norms are folded."""

import numpy as np
import onnx

from bench.markdown import table
from whitepaper import affine, charts, folding
from whitepaper.sections import Section
from whitepaper.subjects import SUBJECTS

SCHEMES = {
    "per layer, before folding": ("asymmetric", False, False),
    "per layer, folded": ("asymmetric", False, True),
    "per channel, before folding": ("asymmetric", True, False),
    "per channel, folded": ("asymmetric", True, True),
}

TEXT = """\
## SQNR of weights (appendix A)

Of each layer's weights at 8 bits, asymmetric, in dB: the middle layer and the worst. The paper draws the same.

{rows}

![SQNR of each layer's weights, a panel for each network](study/layer_sqnr.svg)
"""


def decibels(model, scheme, per_channel):
    """Of each layer, from input to output."""
    known = folding.initializers(model)
    pairs = [(known[name], axis if per_channel else None) for _, name, axis in folding.layers(model)]
    return [affine.sqnr_db(values, affine.weights(values, 8, scheme, axis)) for values, axis in pairs]


def measured(name):
    """{scheme: [dB of each layer]}."""
    model = onnx.load(SUBJECTS[name].network.model())
    folded = folding.folded(model)
    return {
        label: decibels(folded if after else model, scheme, per_channel)
        for label, (scheme, per_channel, after) in SCHEMES.items()
    }


def report(study):
    figures = {name: measured(name) for name in study.fashion}
    rows = [
        (name, *(f"{np.median(values):.1f}, {min(values):.1f}" for values in schemes.values()))
        for name, schemes in figures.items()
    ]
    every = [value for schemes in figures.values() for values in schemes.values() for value in values]
    least, most = 10 * np.floor(min(every) / 10), 10 * np.ceil(max(every) / 10)
    title = "SQNR of each layer's weights at 8 bits in dB, from the first layer to the last"
    picture = charts.panels(title, figures, [], least, most)
    return Section(TEXT.format(rows=table(("network", *SCHEMES), rows)), {"layer_sqnr": picture})
