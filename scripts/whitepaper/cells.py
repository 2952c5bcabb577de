"""What stands in the tables' cells."""

import math

from whitepaper import intervals, paper, subjects


def percent(study, name, method):
    return 100 * study.result(name, method).scores.mean()


def drop(study, name, method):
    """Points against float, paired by sample, and the margin of their 95 % interval."""
    mean, margin = intervals.paired(study.result(name, method).scores, study.reference(name).scores)
    return 100 * mean, 100 * margin


def cell(study, name, method):
    """'91.85 (-0.21 ± 0.18)'."""
    mean, margin = drop(study, name, method)
    return f"{percent(study, name, method):.2f} ({mean:+.2f} ± {margin:.2f})"


def floats(study, name):
    """'92.06, 91.51 to 92.57'."""
    scores = study.reference(name).scores
    low, high = intervals.of_scores(scores)
    return f"{100 * scores.mean():.2f}, {100 * low:.2f} to {100 * high:.2f}"


def decibels(value):
    return "exact" if math.isinf(value) else f"{value:.1f}"


def papers(figures, name, columns):
    """The paper's drops in points on the network that this one resembles; empty where it has none."""
    drops = paper.drops(figures, subjects.SUBJECTS[name].likeness)
    return [f"{drop:+.1f}" for drop in drops] if drops else [""] * columns


def mean_drop(study, names, method):
    return sum(drop(study, name, method)[0] for name in names) / len(names)
