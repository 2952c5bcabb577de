"""What the study's second half has to say of the paper: with training."""

import numpy as np

from whitepaper import cells, paper, recipes
from whitepaper.findings import LIKENED, SMALL, Finding, drops, least, listed, papers
from whitepaper.sections import batch_norms, checkpoint_or_scratch, distillation, relu_or_relu6, stochastic_training

CHANCE = 0.1  # points, of a mean over networks
FINE_TUNED = 5.0  # points that 4-bit weights may lie below 8-bit ones


def lead(study, names, method, other):
    """{network: points that a method is ahead of another}."""
    return {name: cells.percent(study, name, method) - cells.percent(study, name, other) for name in names}


def mean_lead(study, names, method, other):
    return float(np.mean(list(lead(study, names, method, other).values())))


def leads(points):
    """Whether a mean lead lies above zero; None where it may be chance."""
    return None if abs(points) < CHANCE else points > 0


def eight_bits(study):
    layer, channel = (drops(study, LIKENED, method) for method in (recipes.PER_LAYER, recipes.PER_CHANNEL))
    theirs = papers(paper.TRAINED_8_BITS, LIKENED, 0)
    return Finding(
        "Trained 8-bit networks lose little, with one scale per layer too",
        min(*layer.values(), *channel.values()) > -SMALL,
        f"the greatest loss is {least(layer)} per layer and {least(channel)} per channel, the paper's per layer "
        f"{least(theirs)}",
    )


def four_bit_weights(study):
    behind = lead(study, LIKENED, recipes.FOUR_BITS_ALL_LAYERS, recipes.PER_CHANNEL)
    return Finding(
        "Trained 4-bit weights come within 5 points of 8-bit ones",
        min(behind.values()) > -FINE_TUNED,
        f"all layers at 4 bits lie behind by {listed(behind)}",
    )


def channels_at_four_bits(study):
    ahead = lead(study, LIKENED, recipes.FOUR_BITS, recipes.FOUR_BITS_PER_LAYER)
    return Finding(
        "At 4 bits a scale per channel is worth much after training",
        float(np.mean(list(ahead.values()))) > SMALL,
        f"it is worth {listed(ahead)} points",
    )


def weights_or_activations(study):
    ahead = lead(study, LIKENED, recipes.FOUR_BITS_ALL_LAYERS, recipes.FOUR_BIT_ACTIVATIONS)
    return Finding(
        "4-bit activations lose more than 4-bit weights, after training too",
        min(ahead.values()) >= 0,
        f"4-bit weights lead by {listed(ahead)} points",
    )


def stochastic(study):
    names = stochastic_training.NETWORKS
    found = mean_lead(study, names, recipes.four_bits("--rounding stochastic"), recipes.FOUR_BITS)
    return Finding("Stochastic rounding in training is worse", leads(-found), f"its mean lead is {found:+.2f} points")


def averages(study):
    names = stochastic_training.NETWORKS
    found = mean_lead(study, names, recipes.four_bits("--ema 0.999"), recipes.FOUR_BITS)
    return Finding(
        "Averages of weights are no better than the weights", found < CHANCE, f"their mean lead is {found:+.2f} points"
    )


def corrected_norms(study):
    methods, names = batch_norms.METHODS, batch_norms.NETWORKS
    best = methods["corrected, then frozen"]
    ahead = {label: mean_lead(study, names, best, methods[label]) for label in ("naive", "corrected")}
    return Finding(
        "Batch norms that are corrected and freeze at last are better than naive folding and than correction alone",
        leads(min(ahead.values())),
        f"the mean leads are {listed(ahead)} points, and over norms frozen from the beginning "
        f"{mean_lead(study, names, best, methods['frozen']):+.2f}",
    )


def beginnings(study):
    trained, scratch = checkpoint_or_scratch.METHODS.values()
    ahead = lead(study, checkpoint_or_scratch.NETWORKS, trained, scratch)
    return Finding(
        "Training that begins with the float network beats training from nothing",
        min(ahead.values()) > 0,
        f"it leads by {listed(ahead)} points",
    )


def rectifiers(study):
    names = relu_or_relu6.NETWORKS
    losses = {
        label: float(np.mean([cells.drop(study, name, method)[0] for method in relu_or_relu6.METHODS.values()]))
        for label, name in names.items()
    }
    return Finding(
        "ReLU loses no more than ReLU6",
        losses["ReLU"] > losses["ReLU6"] - CHANCE,
        f"the mean points against float over the trainings of the table are {listed(losses)}",
    )


def teachers(study):
    methods, names = distillation.METHODS, distillation.NETWORKS
    alone = methods["labels alone"]
    ahead = {label: mean_lead(study, names, method, alone) for label, method in methods.items() if method != alone}
    return Finding(
        "A teacher helps",
        leads(max(ahead.values())),
        f"the mean leads over labels alone are {listed(ahead)} points",
    )


STATEMENTS = (
    eight_bits,
    four_bit_weights,
    channels_at_four_bits,
    weights_or_activations,
    stochastic,
    averages,
    corrected_norms,
    beginnings,
    rectifiers,
    teachers,
)
