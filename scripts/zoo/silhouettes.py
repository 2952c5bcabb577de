"""Tells garment from background in the pictures of Fashion-MNIST: the labels of the U-Net."""

import numpy as np

DARKEST_GARMENT = 16  # of 255


def silhouettes(images):
    """Masks bool [N, height, width] of pictures uint8 [N, height, width].

    Background is what is darker than DARKEST_GARMENT and reaches the border through such pixels, up,
    down, left or right. A dark spot within a garment is garment, so a pixel's own value does not
    decide.
    """
    dark = np.pad(images < DARKEST_GARMENT, ((0, 0), (1, 1), (1, 1)), constant_values=True)
    reached = np.zeros_like(dark)
    reached[:, [0, -1], :] = reached[:, :, [0, -1]] = True
    while True:
        grown = reached.copy()
        grown[:, 1:] |= reached[:, :-1]
        grown[:, :-1] |= reached[:, 1:]
        grown[:, :, 1:] |= reached[:, :, :-1]
        grown[:, :, :-1] |= reached[:, :, 1:]
        grown &= dark
        if (grown == reached).all():
            return ~reached[:, 1:-1, 1:-1]
        reached = grown
