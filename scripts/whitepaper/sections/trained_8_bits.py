"""Table 4 of the paper: weights and activations at 8 bits, after training."""

from bench.markdown import table
from whitepaper import cells, paper, recipes
from whitepaper.methods import Ours
from whitepaper.sections import Section

METHODS = {
    "per layer, untrained": Ours("--per-layer"),
    "per layer, trained": recipes.PER_LAYER,
    "per layer, asymmetric, trained": recipes.ASYMMETRIC,
    "per channel, untrained": Ours(),
    "per channel, trained": recipes.PER_CHANNEL,
}
PAPERS = ("paper: per layer, trained", "paper: per channel, trained")

TEXT = """\
## 8 bits (section 3.2.3, table 4)

*Untrained* are qconvert's files with the same granularity, *trained* those of `{layer}` and
`{channel}`. The paper's weights per layer are asymmetric. TFLite's kernels refuse such
weights, so our runner judges the column of `{asymmetric}`.

{rows}

Means over these networks, in points against float: {means}.
"""


def rows(study, names, methods, figures, papers):
    """A row per network with what it scores by each method, and the paper's points."""
    rows = [
        (
            name,
            *(cells.cell(study, name, method) for method in methods.values()),
            *cells.papers(figures, name, len(papers)),
        )
        for name in names
    ]
    return table(("network", *methods, *papers), rows)


def means(study, names, methods):
    figures = {label: cells.mean_drop(study, names, method) for label, method in methods.items()}
    return ", ".join(f"{label} {mean:+.2f}" for label, mean in figures.items())


def report(study):
    names = study.trained
    found = rows(study, names, METHODS, paper.TRAINED_8_BITS, PAPERS)
    said = {
        "layer": recipes.PER_LAYER.said(),
        "channel": recipes.PER_CHANNEL.said(),
        "asymmetric": recipes.ASYMMETRIC.said(),
    }
    return Section(TEXT.format(rows=found, means=means(study, names, METHODS), **said))
