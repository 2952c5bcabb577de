"""The trainings that the study's second half compares, named once."""

from whitepaper.training import Tuned

ONCE = "--epochs 1 --validate-every 390"  # over 50,000 pictures; 1,562 steps

PER_CHANNEL = Tuned(ONCE)
PER_LAYER = Tuned(f"--per-layer {ONCE}")
# Our runner has only plain loops for such weights, so fewer pictures validate.
ASYMMETRIC = Tuned(f"--per-layer --scheme asymmetric --allow-extensions {ONCE} --validation-samples 2000")
FOUR_BITS = Tuned(f"--bits 4 {ONCE}")
FOUR_BITS_PER_LAYER = Tuned(f"--bits 4 --per-layer {ONCE}")
FOUR_BITS_ALL_LAYERS = Tuned(f"--bits 4 --all-layers {ONCE}")
FOUR_BIT_ACTIVATIONS = Tuned(f"--simulate-activation-bits 4 {ONCE}")
FOUR_AND_FOUR = Tuned(f"--bits 4 --all-layers --simulate-activation-bits 4 {ONCE}")


def four_bits(more, **others):
    """FOUR_BITS with more flags."""
    return Tuned(f"--bits 4 {ONCE} {more}".strip(), **others)
