"""The paper's quantizers (sections 2.1 to 2.3) in numpy: values go to integers and back.

Independent of qconvert's code. Ranges broadcast against the values; zero is always exactly representable.
"""

import numpy as np


def asymmetric(values, least, greatest, bits, round=np.rint):
    """Affine quantizer of 2^bits steps from least to greatest, which are widened to include zero."""
    least, greatest = np.minimum(least, 0), np.maximum(greatest, 0)
    steps = 2**bits - 1
    scale = positive((greatest - least) / steps)
    zero = np.rint(-least / scale)
    return ((np.clip(round(values / scale) + zero, 0, steps) - zero) * scale).astype(np.float32)


def symmetric(values, largest, bits, round=np.rint):
    """Symmetric quantizer, restricted to as many steps below zero as above it."""
    steps = 2 ** (bits - 1) - 1
    scale = positive(largest / steps)
    return (np.clip(round(values / scale), -steps, steps) * scale).astype(np.float32)


def positive(scale):
    return np.where(scale > 0, scale, 1)


def stochastic(seed):
    """Rounding up or down by chance, without bias: noise of half a step on each side before rounding."""
    rng = np.random.default_rng(seed)
    return lambda values: np.rint(values + rng.uniform(-0.5, 0.5, np.shape(values)))


def weights(values, bits, scheme, axis=None, round=np.rint):
    """Weights by their own extremes: one range, or one per index along the axis of the output channels."""
    values = np.asarray(values, np.float64)
    others = None if axis is None else tuple(k for k in range(values.ndim) if k != axis)
    extremes = values.min(others, keepdims=True), values.max(others, keepdims=True)
    if scheme == "asymmetric":
        return asymmetric(values, *extremes, bits, round)
    return symmetric(values, np.maximum(-extremes[0], extremes[1]), bits, round)


def sqnr_db(values, quantized):
    """10 log10(sum v^2 / sum (v - q)^2), infinite where they are equal."""
    signal = np.square(values, dtype=np.float64).sum()
    noise = np.square(np.subtract(values, quantized, dtype=np.float64)).sum()
    return float(10 * np.log10(signal / noise)) if noise > 0 else float("inf")


def least_error_range(values, least, greatest, bits, shares=np.linspace(0.3, 1, 36)):
    """The range, of those that are a share of the one given, with the least squared error of the values."""
    errors = [np.square(values - asymmetric(values, s * least, s * greatest, bits)).sum() for s in shares]
    best = shares[int(np.argmin(errors))]
    return best * least, best * greatest
