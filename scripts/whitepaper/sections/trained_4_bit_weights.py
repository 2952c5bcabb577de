"""Table 5 of the paper: weights at 4 bits, activations at 8, after training."""

from whitepaper import paper, recipes
from whitepaper.methods import Ours
from whitepaper.sections import Section
from whitepaper.sections.trained_8_bits import means, rows

ALL_LAYERS = {
    "per channel, untrained": Ours("--bits 4 --all-layers"),
    "per channel, trained": recipes.FOUR_BITS_ALL_LAYERS,
}
INNER_LAYERS = {
    "per channel, untrained": Ours("--bits 4"),
    "per channel, `--effort 2`": Ours("--bits 4 --effort 2"),
    "per channel, trained": recipes.FOUR_BITS,
    "per layer, untrained": Ours("--bits 4 --per-layer"),
    "per layer, `--effort 2`": Ours("--bits 4 --per-layer --effort 2"),
    "per layer, trained": recipes.FOUR_BITS_PER_LAYER,
}
PAPERS = ("paper: untrained", "paper: trained")

TEXT = """\
## 4-bit weights (section 3.2.4, table 5)

All layers at 4 bits, as in the paper; trained by `{all_layers}`:

{all_rows}

With the first and the last layer at 8 bits, which is what `--bits 4` does by itself; trained by
`{channel}` and `{layer}`. With one scale per layer
`qtune` equalizes the channels first, by itself; `qconvert` does so at `--effort 2`.

{inner_rows}

Means over these networks, in points against float: {means}.
"""


def report(study):
    said = {
        "all_layers": recipes.FOUR_BITS_ALL_LAYERS.said(),
        "channel": recipes.FOUR_BITS.said(),
        "layer": recipes.FOUR_BITS_PER_LAYER.said(),
    }
    per_channel = {name: row[1:] for name, row in paper.FOUR_BIT_WEIGHTS.items()}
    text = TEXT.format(
        all_rows=rows(study, study.trained, ALL_LAYERS, per_channel, PAPERS),
        inner_rows=rows(study, study.trained, INNER_LAYERS, {}, ()),
        means=means(study, study.trained, INNER_LAYERS),
        **said,
    )
    return Section(text)
