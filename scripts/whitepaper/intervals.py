"""95 % intervals: of a share of right answers, of a mean, of the difference of two methods on the same samples."""

import math

import numpy as np

Z = 1.959964


def wilson(right, count):
    """Least and greatest share that so many right answers out of count speak for (Wilson's score interval)."""
    share = right / count
    middle = share + Z**2 / (2 * count)
    margin = Z * math.sqrt(share * (1 - share) / count + Z**2 / (4 * count**2))
    scale = 1 + Z**2 / count
    return (middle - margin) / scale, (middle + margin) / scale


def of_scores(scores):
    """Interval of the mean score: Wilson's where each is 0 or 1, else the normal one."""
    if np.isin(scores, (0, 1)).all():
        return wilson(scores.sum(), len(scores))
    mean, margin = mean_and_margin(scores)
    return mean - margin, mean + margin


def paired(scores, reference):
    """Mean difference of two methods' scores on the same samples, and the margin on both sides of it."""
    return mean_and_margin(np.asarray(scores, np.float64) - reference)


def mean_and_margin(values):
    return values.mean(), Z * values.std() / math.sqrt(len(values))
