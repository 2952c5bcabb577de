"""The paper's section 8 names distillation as future work: labels, the float network, or a larger one as teacher."""

from whitepaper import recipes
from whitepaper.sections import Section, curves
from whitepaper.sections.trained_8_bits import means

NETWORKS = ("mobilenet_v1", "mobilenet_v1_half", "inception", "squeezenet")
TEACHER = "resnet"
METHODS = {
    "labels alone": recipes.four_bits("--distillation 0"),
    "labels and the float network": recipes.FOUR_BITS,
    "the float network alone": recipes.four_bits("--distillation 1"),
    "labels and `resnet`": recipes.four_bits("", teacher=TEACHER),
}

TEXT = """\
## Distillation (section 8)

Each of {typed}.
`{teacher}` is the larger teacher.

{rows}

Means over these networks, in points against float: {means}.
"""


def report(study):
    names = curves.chosen(study, NETWORKS)
    if not names:
        return Section("")
    rows = curves.scores(study, names, METHODS)
    return Section(
        TEXT.format(
            typed=curves.typed(METHODS), teacher=TEACHER, rows=rows, means=means(study, names, METHODS)
        )
    )
