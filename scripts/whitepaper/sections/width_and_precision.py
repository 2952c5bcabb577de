"""Figure 17 of the paper: a wide network of few bits, or a narrow one of many."""

from bench.markdown import table
from whitepaper import cells, charts
from whitepaper.methods import Float, Simulated
from whitepaper.sections import Section

NETWORKS = ("mobilenet_v1", "mobilenet_v1_half")
METHODS = {"float": Float(), **{f"{bits} bits": Simulated(bits) for bits in (8, 6, 5, 4)}}

TEXT = """\
## Width against precision (section 5, figure 17)

MobileNetV1's structure in two widths, weights symmetric per channel, simulated; kilobytes of the weights alone. The
paper finds that 4-bit weights save a further 25 % of size at nearly the same accuracy, after training.

{rows}

![Score against float of the wide network by kilobytes of weights](study/width_and_precision.svg)
"""


def kilobytes(study, name, label):
    weights = study.result(name, Simulated(8)).file_bytes / 1000
    return 4 * weights if label == "float" else weights * METHODS[label].weight_bits / 8


def report(study):
    names = [name for name in NETWORKS if name in study.fashion]
    if not names:
        return Section("")
    rows, dots = [], {name: [] for name in names}
    for name in names:
        for label, method in METHODS.items():
            size, score = kilobytes(study, name, label), cells.percent(study, name, method)
            rows.append((name, label, f"{size:.1f}", cells.cell(study, name, method)))
            dots[name].append((label, size, score - cells.percent(study, names[0], Float())))
    picture = charts.dots("Width against precision", dots, "kilobytes of weights", "points against the wide one", -10)
    text = TEXT.format(rows=table(("network", "weights", "kB", "score"), rows))
    return Section(text, {"width_and_precision": picture})
