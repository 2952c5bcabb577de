"""Figure 13 of the paper: training that begins with the float network, or with random weights."""

from whitepaper import recipes
from whitepaper.sections import curves

NETWORKS = ("mobilenet_v1", "mobilenet_v1_half")
FLAGS = (
    "--distillation 0 --epochs 2 --batch-norm corrected --freeze-bn-after 1562 --validate-every 390"
)
METHODS = {
    "from the float network": recipes.Tuned(FLAGS),
    "from random weights": recipes.Tuned(FLAGS, scratch=True),
}

TEXT = """\
## From the float network, or from nothing (section 4, figure 13)

Labels alone, 8 bits per channel, `{flags}`.
The paper finds the float network the better beginning. Random weights are those of
`scripts/train_fashion_mnist.py --epochs 0`, whose batch norms saw 100 batches.

{rows}

![Validation by time](study/checkpoint_or_scratch.svg)
"""


def report(study):
    return curves.section(study, NETWORKS, METHODS, TEXT, "checkpoint_or_scratch", points=30, flags=FLAGS)
