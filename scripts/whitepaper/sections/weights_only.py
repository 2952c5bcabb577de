"""Table 2 of the paper: weights quantized, activations float; with fewer bits as well."""

from bench.markdown import table
from whitepaper import cells, charts, paper
from whitepaper.methods import Simulated
from whitepaper.sections import Section

BITS = (8, 6, 5, 4)
SCHEMES = {
    "per layer, asymmetric": ("asymmetric", False),
    "per layer, symmetric": ("symmetric", False),
    "per channel, symmetric": ("symmetric", True),
    "per channel, asymmetric": ("asymmetric", True),
}
PAPERS = ("paper: per layer, asymmetric", "paper: per channel, symmetric", "paper: per channel, asymmetric")

TEXT = """\
## Weights only (the paper's section 3.1.1, table 2)

Simulated, batch norms folded first; ranges are the weights' extremes. The paper's columns are points of ImageNet
top-1 on the network that each resembles.

{tables}

![Score by bits of the weights, a panel for each network](study/weights_only.svg)
"""


def method(scheme, bits):
    kind, per_channel = SCHEMES[scheme]
    return Simulated(bits, kind, per_channel)


def table_of(study, bits):
    papers = PAPERS if bits == 8 else ()
    rows = []
    for name in study.fashion:
        ours = [cells.cell(study, name, method(scheme, bits)) for scheme in SCHEMES]
        rows.append((name, *ours, *(cells.papers(paper.WEIGHTS_ONLY, name, 3) if papers else ())))
    return f"{bits} bits:\n\n" + table(("network", *SCHEMES, *papers), rows)


def drawn(study):
    series = {
        name: {scheme: [cells.percent(study, name, method(scheme, bits)) for bits in BITS] for scheme in SCHEMES}
        for name in study.fashion
    }
    return charts.panels("Score in percent by bits of the weights", series, [str(bits) for bits in BITS], 0, 100)


def report(study):
    tables = "\n\n".join(table_of(study, bits) for bits in BITS)
    return Section(TEXT.format(tables=tables), {"weights_only": drawn(study)})
