"""Figure 16 of the paper: ReLU against ReLU6."""

from bench.markdown import table
from whitepaper import cells, recipes
from whitepaper.sections import Section

NETWORKS = {"ReLU6": "mobilenet", "ReLU": "mobilenet_relu"}
METHODS = {
    "8 bits per layer": recipes.PER_LAYER,
    "8 bits per channel": recipes.PER_CHANNEL,
    "4-bit weights per channel": recipes.FOUR_BITS,
    "4-bit weights per layer": recipes.FOUR_BITS_PER_LAYER,
    "4-bit activations": recipes.FOUR_BIT_ACTIVATIONS,
}

TEXT = """\
## ReLU or ReLU6 (section 4, figure 16)

The same network with either, trained in float and then by the commands above. The paper advises to let training find
the range.

{rows}
"""


def report(study):
    if not set(NETWORKS.values()) <= set(study.trained):
        return Section("")
    rows = [
        (label, *(cells.cell(study, name, method) for name in NETWORKS.values())) for label, method in METHODS.items()
    ]
    header = ("training", *(f"{label} (`{name}`)" for label, name in NETWORKS.items()))
    return Section(TEXT.format(rows=table(header, rows)))
