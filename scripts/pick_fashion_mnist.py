#!/usr/bin/python3
"""Writes the pictures of testdata/fashion_mnist out of Debian's dataset-fashion-mnist.

images/ and labels.csv: 300 of the 10,000 test pictures, to judge on. calibration/: 64 of the
training pictures, so that nothing is judged on what it was calibrated with. A file is named after
the picture's place in its set.
"""

import pathlib

import numpy as np
from PIL import Image

from zoo import fashion_mnist

OUT = pathlib.Path(__file__).resolve().parent.parent / "testdata" / "fashion_mnist"


def write(folder, part, count):
    """Writes `count` pictures of the part, drawn with a fixed seed; returns names and labels."""
    images, labels = fashion_mnist.read(part)
    picked = sorted(np.random.default_rng(0).choice(len(images), count, replace=False))
    folder.mkdir(parents=True, exist_ok=True)
    digits = len(str(len(images) - 1))
    rows = [(f"{k:0{digits}}.png", labels[k]) for k in picked]
    for k, (name, _) in zip(picked, rows):
        Image.fromarray(images[k]).save(folder / name, optimize=True)
    return rows


rows = write(OUT / "images", "t10k", 300)
(OUT / "labels.csv").write_text(
    "file,label\n" + "".join(f"{name},{label}\n" for name, label in rows)
)
write(OUT / "calibration", "train", 64)
