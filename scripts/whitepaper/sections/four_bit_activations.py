"""Table 6 of the paper: 4-bit activations, and 4-bit weights beside them."""

from bench.markdown import table
from whitepaper import cells, paper
from whitepaper.methods import Simulated
from whitepaper.sections import Section

METHODS = {
    "8-bit weights, 4-bit activations": Simulated(8, activation_bits=4),
    "the same, least-error ranges": Simulated(8, activation_bits=4, least_error=True),
    "4-bit weights, 8-bit activations": Simulated(4, activation_bits=8),
    "4-bit weights, 4-bit activations, least-error ranges": Simulated(4, activation_bits=4, least_error=True),
}
PAPERS = ("paper: 8w4a", "paper: 8w4a, trained", "paper: 4w8a, trained")

TEXT = """\
## 4-bit activations (section 3.2.4, table 6)

Simulated: TFLite has no such kernels. Weights symmetric per channel, activations affine per layer, every layer. Ranges
of activations are averaged extremes, or the share of them with the least squared error of the values.

{rows}
"""


def report(study):
    rows = []
    for name in study.fashion:
        simulated = [cells.cell(study, name, method) for method in METHODS.values()]
        rows.append((name, *simulated, *cells.papers(paper.FOUR_BIT_ACTIVATIONS, name, 3)))
    return Section(TEXT.format(rows=table(("network", *METHODS, *PAPERS), rows)))
