"""The trainings that the study's second half compares, named once."""

from whitepaper.training import Tuned

EIGHT = "--learning-rate 0.0003 --epochs 1 --validate-every 781"
FOUR = "--learning-rate 0.001 --epochs 2 --validate-every 781"

PER_CHANNEL = Tuned(EIGHT)
PER_LAYER = Tuned(f"--per-layer {EIGHT}")
FOUR_BITS = Tuned(f"--bits 4 {FOUR}")
FOUR_BITS_PER_LAYER = Tuned(f"--bits 4 --per-layer {FOUR}")
FOUR_BITS_ALL_LAYERS = Tuned(f"--bits 4 --all-layers {FOUR}")
FOUR_BIT_ACTIVATIONS = Tuned(f"--simulate-activation-bits 4 {FOUR}")
FOUR_AND_FOUR = Tuned(f"--bits 4 --all-layers --simulate-activation-bits 4 {FOUR}")


def four_bits(more, **others):
    """FOUR_BITS with more flags."""
    return Tuned(f"--bits 4 {FOUR} {more}".strip(), **others)
