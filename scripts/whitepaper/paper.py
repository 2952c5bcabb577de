"""The paper's own figures: Krishnamoorthi, "Quantizing deep convolutional networks for efficient inference: A
whitepaper", arXiv 1806.08342, 2018. ImageNet top-1 as fractions.
"""

FLOAT = {
    "MobileNet v1_1_224": 0.709,
    "MobileNet v2_1_224": 0.719,
    "NASNet-Mobile": 0.74,
    "Inception v3": 0.78,
    "ResNet v1_50": 0.752,
    "ResNet v1_152": 0.768,
}
# Table 2: weights at 8 bits per layer asymmetric, per channel symmetric, per channel asymmetric.
WEIGHTS_ONLY = {
    "MobileNet v1_1_224": (0.001, 0.591, 0.704),
    "MobileNet v2_1_224": (0.001, 0.698, 0.698),
    "NASNet-Mobile": (0.722, 0.721, 0.74),
    "Inception v3": (0.78, 0.78, 0.78),
    "ResNet v1_50": (0.75, 0.751, 0.752),
    "ResNet v1_152": (0.766, 0.763, 0.762),
}
# Table 3: the same with activations at 8 bits, and activations alone.
WEIGHTS_AND_ACTIVATIONS = {
    "MobileNet v1_1_224": (0.001, 0.591, 0.703, 0.708),
    "MobileNet v2_1_224": (0.001, 0.698, 0.697, 0.7),
    "NASNet-Mobile": (0.722, 0.721, 0.74, 0.74),
    "Inception v3": (0.78, 0.78, 0.78, 0.78),
    "ResNet v1_50": (0.75, 0.751, 0.751, 0.751),
    "ResNet v1_152": (0.766, 0.762, 0.767, 0.761),
}
# Table 4: weights and activations at 8 bits after training; per layer asymmetric, per channel symmetric.
TRAINED_8_BITS = {
    "MobileNet v1_1_224": (0.70, 0.707),
    "MobileNet v2_1_224": (0.709, 0.711),
    "NASNet-Mobile": (0.73, 0.73),
    "Inception v3": (0.78, 0.78),
    "ResNet v1_50": (0.75, 0.75),
    "ResNet v1_152": (0.765, 0.762),
}
# Table 5: all weights at 4 bits, activations at 8; per layer asymmetric, per channel symmetric, after training.
FOUR_BIT_WEIGHTS = {
    "MobileNet v1_1_224": (0.02, 0.001, 0.65),
    "MobileNet v2_1_224": (0.001, 0.001, 0.62),
    "NASNet-Mobile": (0.001, 0.36, 0.7),
    "Inception v3": (0.5, 0.71, 0.76),
    "ResNet v1_50": (0.002, 0.54, 0.732),
    "ResNet v1_152": (0.001, 0.64, 0.725),
}
# Table 6: weights at 8 bits per channel and activations at 4; after training; the reverse after training.
FOUR_BIT_ACTIVATIONS = {
    "MobileNet v1_1_224": (0.48, 0.64, 0.65),
    "MobileNet v2_1_224": (0.07, 0.58, 0.62),
    "NASNet-Mobile": (0.04, 0.4, 0.7),
    "Inception v3": (0.59, 0.74, 0.76),
    "ResNet v1_50": (0.36, 0.58, 0.732),
}


def drops(figures, likeness):
    """Percentage points that each scheme loses on the paper's network; None where the table has no such row."""
    if likeness not in figures:
        return None
    return [100 * (figure - FLOAT[likeness]) for figure in figures[likeness]]
