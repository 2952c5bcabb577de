"""Preprocessed samples, made once and fed to every side: float32 [count, channels, height, width]."""

import numpy as np
import PIL.Image

from bench.networks import FASHION_MNIST
from bench.setup import ROOT
from zoo import fashion_mnist


def calibration(network, count):
    return preprocess(network, read_folder(network, "calibration", count))


def test(network):
    if network.pictures == FASHION_MNIST:  # all of them, not only those in testdata
        return preprocess(network, fashion_mnist.read("t10k")[0][: network.test, ..., None])
    return preprocess(network, read_folder(network, "test", network.test))


def labels(network):
    """The true classes of the test samples."""
    if network.pictures == FASHION_MNIST:
        return fashion_mnist.read("t10k")[1][: network.test]
    rows = (ROOT / network.pictures / "test/labels.csv").read_text().splitlines()[1:]
    return np.array([int(row.rsplit(",", 1)[1]) for row in sorted(rows)[: network.test]])


def read_folder(network, part, count):
    """Pixels [count, height, width, channels], resized where pictures are smaller than the network's input."""
    files = sorted((ROOT / network.pictures / part).glob("*.png"))[:count]
    if len(files) < count:
        raise SystemExit(f"{network.pictures}/{part} has {len(files)} pictures, not {count}")
    pictures = [PIL.Image.open(file).resize((network.width, network.height)) for file in files]
    return np.stack([np.atleast_3d(picture) for picture in pictures])


def preprocess(network, pixels):
    """In float32, in the order of qconvert: pictures and these arrays then give the same figures."""
    how = network.preprocessing
    if how.channels == "bgr":
        pixels = pixels[..., ::-1]
    reals = pixels.astype(np.float32) / np.float32(255 / how.pixel_range)
    reals = (reals - np.float32(how.mean)) / np.float32(how.std)
    return np.ascontiguousarray(reals.transpose(0, 3, 1, 2))
