"""Table 6 of the paper: 4-bit activations after training, and 4-bit weights beside them."""

from whitepaper import paper, recipes
from whitepaper.methods import Simulated
from whitepaper.sections import Section
from whitepaper.sections.trained_8_bits import means, rows

METHODS = {
    "8w4a, untrained": Simulated(8, activation_bits=4, least_error=True),
    "8w4a, trained": recipes.FOUR_BIT_ACTIVATIONS,
    "4w8a, untrained": Simulated(4, activation_bits=8),
    "4w8a, trained": recipes.FOUR_BITS_ALL_LAYERS,
    "4w4a, untrained": Simulated(4, activation_bits=4, least_error=True),
    "4w4a, trained": recipes.FOUR_AND_FOUR,
}
PAPERS = ("paper: 8w4a", "paper: 8w4a, trained", "paper: 4w8a, trained")

TEXT = """\
## 4-bit activations (section 3.2.4, table 6)

*8w4a* has 8-bit weights and 4-bit activations, *4w8a* the reverse, in all layers. TFLite has no 4-bit activations: the
file's int8 tensors are clamped to 16 integers, so that it computes what such kernels would; trained by
`{activations}`, `{weights}` and
`{both}`. *Untrained* columns are simulated (the first half's table 6, least-error ranges).

{rows}

Means over these networks, in points against float: {means}.
"""


def report(study):
    text = TEXT.format(
        rows=rows(study, study.trained, METHODS, paper.FOUR_BIT_ACTIVATIONS, PAPERS),
        means=means(study, study.trained, METHODS),
        activations=recipes.FOUR_BIT_ACTIVATIONS.said(),
        weights=recipes.FOUR_BITS_ALL_LAYERS.said(),
        both=recipes.FOUR_AND_FOUR.said(),
    )
    return Section(text)
