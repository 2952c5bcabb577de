"""Table 5 of the paper: weights at 4 bits, activations at 8, without training."""

from bench.markdown import table
from whitepaper import cells, paper
from whitepaper.methods import Ours, Simulated
from whitepaper.sections import Section

SIMULATED = {
    "per layer, asymmetric, simulated": Simulated(4, "asymmetric", False, 8),
    "per channel, symmetric, simulated": Simulated(4, "symmetric", True, 8),
}
FLAGS = {
    "nearest": "--bits 4",
    "GPTQ": "--bits 4 --rounding gptq",
    "GPFQ": "--bits 4 --rounding gpfq",
    "AdaRound": "--bits 4 --rounding adaround",
    "doctor": "--bits 4 --effort 2",
    "per layer, nearest": "--bits 4 --per-layer",
    "per layer, doctor": "--bits 4 --per-layer --effort 2",
}
PAPERS = ("paper: per layer, asymmetric", "paper: per channel, symmetric", "paper: trained, per channel")

TEXT = """\
## 4-bit weights (section 3.2.4, table 5)

All layers at 4 bits, as in the paper: its two schemes without training, simulated with activations at 8 bits, and
qconvert's files with `--all-layers`.

{all_layers}

The same files with the first and the last layer at 8 bits, which is what `--bits 4` does by itself. Flags are
`--bits 4` and {flags}.

{inner_layers}
"""


def ours(name, *, all_layers):
    return Ours(FLAGS[name] + (" --all-layers" if all_layers else ""))


def all_layers(study):
    columns = ("nearest", "GPTQ", "per layer, nearest")
    rows = []
    for name in study.fashion:
        simulated = [cells.cell(study, name, method) for method in SIMULATED.values()]
        files = [cells.cell(study, name, ours(column, all_layers=True)) for column in columns]
        rows.append((name, *simulated, *files, *cells.papers(paper.FOUR_BIT_WEIGHTS, name, 3)))
    return table(("network", *SIMULATED, *columns, *PAPERS), rows)


def inner_layers(study):
    rows = [
        (name, *(cells.cell(study, name, ours(column, all_layers=False)) for column in FLAGS)) for name in study.fashion
    ]
    return table(("network", *FLAGS), rows)


def words():
    more = {name: flags.removeprefix("--bits 4").strip() for name, flags in FLAGS.items()}
    return "; ".join(f"*{name}*: `{flags}`" if flags else f"*{name}*: none" for name, flags in more.items())


def report(study):
    return Section(TEXT.format(all_layers=all_layers(study), inner_layers=inner_layers(study), flags=words()))
