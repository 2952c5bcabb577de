"""How long the trainings took."""

from bench.markdown import table
from whitepaper import recipes
from whitepaper.sections import Section

METHODS = {"8 bits": recipes.PER_CHANNEL, "4-bit weights": recipes.FOUR_BITS}

TEXT = """\
## Minutes

On one thread, with other work on the machine; 50,000 pictures an epoch, one epoch, and five validations on 10,000.

{rows}
"""


def report(study):
    rows = [
        (name, *(f"{study.result(name, method).training['seconds'] / 60:.1f}" for method in METHODS.values()))
        for name in study.trained
    ]
    return Section(TEXT.format(rows=table(("network", *METHODS), rows)))
