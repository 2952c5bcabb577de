"""Figures 14 and 15 of the paper: batch norms in training."""

from whitepaper import recipes
from whitepaper.sections import curves

NETWORKS = ("mobilenet_v1", "mobilenet_v1_half")
METHODS = {
    label: recipes.four_bits(f"--batch-norm {flags}")
    for label, flags in {
        "frozen": "frozen",
        "naive": "naive",
        "corrected": "corrected",
        "corrected, then frozen": "corrected --freeze-bn-after 781",
    }.items()
}

TEXT = """\
## Batch norms (section 3.2.2, figures 14 and 15)

Each of {typed}.
The paper finds correction steadier than naive folding, and best where the norms are frozen at last. Where the
training won nothing on the validation, the untrained file was written and is marked.

{rows}

![Validation by time](study/batch_norms.svg)
"""


def report(study):
    return curves.section(study, NETWORKS, METHODS, TEXT, "batch_norms")
