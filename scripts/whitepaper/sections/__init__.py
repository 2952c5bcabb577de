"""The sections of the study's two halves, in the paper's order. Each is a module with report(study)."""

import dataclasses
import importlib

NAMES = (
    "networks",
    "weights_only",
    "weights_and_activations",
    "layer_sqnr",
    "four_bit_weights",
    "four_bit_activations",
    "stochastic_rounding",
    "range_methods",
    "width_and_precision",
    "patient",
    "all_methods",
)
TRAINING_NAMES = (
    "trained_8_bits",
    "trained_4_bit_weights",
    "trained_4_bit_activations",
    "stochastic_training",
    "checkpoint_or_scratch",
    "batch_norms",
    "relu_or_relu6",
    "distillation",
    "training_time",
)


@dataclasses.dataclass(frozen=True)
class Section:
    text: str
    pictures: dict = dataclasses.field(default_factory=dict)  # {name in docs/study: SVG}


def measured(study, names):
    """The sections of these names, in the paper's order."""
    modules = [importlib.import_module(f"whitepaper.sections.{name}") for name in names]
    return [module.report(study) for module in modules]


def pictures(found):
    return {name: picture for section in found for name, picture in section.pictures.items()}
