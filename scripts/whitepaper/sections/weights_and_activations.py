"""Table 3 of the paper: weights and activations at 8 bits."""

from bench.markdown import table
from whitepaper import cells, paper
from whitepaper.methods import Ours, Simulated
from whitepaper.sections import Section

PAPERS_WAY = Ours("--weight-scale max --calibration moving-average --bias-correction none")
METHODS = {
    "per layer, asymmetric": Simulated(8, "asymmetric", False, 8),
    "per channel, symmetric": Simulated(8, "symmetric", True, 8),
    "per channel, asymmetric": Simulated(8, "asymmetric", True, 8),
    "activations only": Simulated(activation_bits=8),
    "weights only, per channel, symmetric": Simulated(8),
    "qconvert, the paper's way": PAPERS_WAY,
    "qconvert, defaults": Ours(),
    "qconvert, `--per-layer`": Ours("--per-layer"),
}

TEXT = """\
## Weights and activations at 8 bits (section 3.1.2, table 3)

The first five columns are simulated, ranges of activations being extremes of batches of 16, averaged. *Activations
only* and *weights only* are the ceilings of what better weights, or better activations, could reach. *The paper's
way* is the integer file of `qconvert {flags}`, symmetric
per channel; TFLite's integer kernels refuse asymmetric weights.

{rows}

The paper's table 3, points of ImageNet top-1:

{papers}
"""


def report(study):
    rows = [(name, *(cells.cell(study, name, method) for method in METHODS.values())) for name in study.fashion]
    likened = [(name, *cells.papers(paper.WEIGHTS_AND_ACTIVATIONS, name, 4)) for name in study.fashion]
    shown = table(("like", *list(METHODS)[:4]), [row for row in likened if row[1]])
    return Section(TEXT.format(flags=PAPERS_WAY.flags, rows=table(("network", *METHODS), rows), papers=shown))
