"""Quantizes a float TFLite file with LiteRT's quantizer: a program of its own.

usage: litert_quantize.py FLOAT.tflite INPUT SAMPLES.npy OUTPUT.tflite

int8 weights per channel and int8 activations, its static recipe. SAMPLES are [count, channels, height, width] of the
input called INPUT, which the file reads as [1, height, width, channels].
"""

import contextlib
import io
import pathlib
import sys

import numpy as np
from litert_quantizer import quantizer, recipe


def main():
    model, name, samples, output = sys.argv[1:]
    array = np.load(samples, mmap_mode="r").transpose(0, 2, 3, 1)
    feeds = [{name: np.ascontiguousarray(array[k : k + 1])} for k in range(len(array))]
    maker = quantizer.Quantizer(model, recipe.static_wi8_ai8())
    with contextlib.redirect_stdout(io.StringIO()):
        ranges = maker.calibrate({"serving_default": feeds})
        quantized = maker.quantize(ranges).quantized_model
    pathlib.Path(output).write_bytes(quantized)


main()
