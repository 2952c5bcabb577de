"""What the study's first half has to say of the paper: without training."""

import numpy as np

from whitepaper import cells, paper
from whitepaper.findings import DEPTHWISE, LIKENED, ORDINARY, SMALL, Finding, drops, is_lost, least, listed, papers
from whitepaper.methods import Float, Ours, Simulated
from whitepaper.sections import layer_sqnr, stochastic_rounding, width_and_precision

DOUBLED = 10 * np.log10(2)  # dB, where the noise is twice as strong
MOBILENETS = ("mobilenet_v1", "mobilenet")


def per_channel(study):
    found = drops(study, LIKENED, Simulated(8, "asymmetric", True))
    theirs = papers(paper.WEIGHTS_ONLY, LIKENED, 2)
    return Finding(
        "Asymmetric 8-bit weights per channel cost little",
        min(found.values()) > -SMALL,
        f"the greatest loss is {least(found)}, the paper's {least(theirs)}",
    )


def per_layer(study):
    method = Simulated(8, "asymmetric", False)
    sick, sound = drops(study, DEPTHWISE, method), drops(study, ORDINARY, method)
    return Finding(
        "One range for all weights of a layer hurts both MobileNets and spares ResNets and Inception",
        all(is_lost(study, name, method) for name in MOBILENETS) and min(sound.values()) > -SMALL,
        f"{listed(sick | sound)}; the paper's MobileNets lose 71 points or more",
    )


def symmetric_weights(study):
    losses = drops(study, LIKENED, Simulated(8)).values()
    differences = dict(zip(LIKENED, losses))
    theirs = papers(paper.WEIGHTS_ONLY, ["mobilenet_v1"], 1)
    return Finding(
        "Symmetric weights per channel cost more than little on MobileNetV1",
        differences["mobilenet_v1"] < -SMALL,
        f"{differences['mobilenet_v1']:+.2f} points here, {theirs['mobilenet_v1']:+.1f} in the paper; "
        f"the greatest loss of all is {least(differences)}",
    )


def activations(study):
    found = drops(study, LIKENED, Simulated(activation_bits=8))
    theirs = papers(paper.WEIGHTS_AND_ACTIVATIONS, LIKENED, 3)
    return Finding(
        "8-bit activations with float weights cost little",
        min(found.values()) > -SMALL,
        f"the greatest loss is {least(found)}, the paper's {least(theirs)}",
    )


def four_bits_per_channel(study):
    found = drops(study, LIKENED, Simulated(4, activation_bits=8))
    theirs = papers(paper.FOUR_BIT_WEIGHTS, LIKENED, 1)
    best = drops(study, LIKENED, Ours("--bits 4 --effort 2"))
    return Finding(
        "4-bit weights per channel lose more than 5 points on every network that is not trained again",
        max(found.values()) < -5,
        f"in points {listed(found)}, where the paper has {listed(theirs, '{:+.1f}')}; "
        f"the greatest loss of the files of `--bits 4 --effort 2` is {least(best)}",
    )


def four_bits_per_layer(study):
    by_layer = drops(study, DEPTHWISE, Simulated(4, "asymmetric", False, 8))
    by_channel = drops(study, DEPTHWISE, Simulated(4, activation_bits=8))
    gained = {name: by_channel[name] - by_layer[name] for name in MOBILENETS}
    return Finding(
        "At 4 bits ranges per channel do not save the MobileNets",
        max(gained.values()) < 5,
        f"they win {listed(gained)} points over one range per layer",
    )


def weights_or_activations(study):
    weights = drops(study, LIKENED, Simulated(4, activation_bits=8))
    values = drops(study, LIKENED, Simulated(8, activation_bits=4))
    ahead = {name: weights[name] - values[name] for name in LIKENED}
    return Finding(
        "4 bits hurt activations no less than weights",
        min(ahead.values()) >= 0,
        f"the lead of 4-bit weights is {listed(ahead, '{:+.1f}')} points",
    )


def stochastic(study):
    leads = {}
    for label, flags in stochastic_rounding.FLAGS.items():
        seeds = [Ours(f"{flags} --rounding stochastic --seed {seed}") for seed in range(stochastic_rounding.SEEDS)]
        differences = [
            np.mean([cells.percent(study, name, method) for method in seeds]) - cells.percent(study, name, Ours(flags))
            for name in stochastic_rounding.NETWORKS
        ]
        leads[label] = float(np.mean(differences))
    return Finding(
        "Stochastic rounding is no better than nearest",
        max(leads.values()) <= 0,
        f"its mean lead over networks and seeds is, in points, {listed(leads)}",
    )


def folding(_):
    fallen = {}
    for kind in ("per layer", "per channel"):
        changes = []
        for name in LIKENED:
            schemes = layer_sqnr.measured(name)
            before, after = schemes[f"{kind}, before folding"], schemes[f"{kind}, folded"]
            changes.append(max(b - a for b, a in zip(before, after, strict=True)))
        fallen[kind] = max(changes)
    return Finding(
        "Folding batch norms doubles the noise of weights with one range, not of those with a range per channel",
        fallen["per layer"] >= DOUBLED > fallen["per channel"],
        f"the layer that suffers most loses {fallen['per layer']:.1f} dB and {fallen['per channel']:.1f} dB",
    )


def width(study):
    wide, narrow = width_and_precision.NETWORKS
    scores = cells.percent(study, wide, Simulated(4)), cells.percent(study, narrow, Float())
    sizes = (width_and_precision.kilobytes(study, *which) for which in ((wide, "4 bits"), (narrow, "float")))
    shown = "{} at 4 bits scores {:.2f} % with {:.0f} kB of weights, {} in float {:.2f} % with {:.0f} kB"
    best = cells.percent(study, wide, Ours("--bits 4 --effort 2"))
    return Finding(
        "A wide network of few bits beats a narrow one of many, at a smaller size",
        scores[0] > scores[1],
        shown.format(*(part for three in zip((wide, narrow), scores, sizes) for part in three))
        + f"; the wide one's file of `--bits 4 --effort 2` scores {best:.2f} %",
    )


STATEMENTS = (
    per_channel,
    per_layer,
    symmetric_weights,
    activations,
    folding,
    four_bits_per_channel,
    four_bits_per_layer,
    weights_or_activations,
    stochastic,
    width,
)
