"""Quantizes a network with ONNX Runtime, as its documentation recommends: a program of its own, to be measured.

usage: onnxruntime_quantize.py MODEL.onnx INPUT SAMPLES.npy OUTPUT.onnx int8|uint8 [int8|int16]

quant_pre_process, then quantize_static: QDQ, int8 or uint8 activations (asymmetric), int8 or int16 weights (symmetric,
per channel), ranges from the least and greatest values. The first axis of SAMPLES counts samples of the input called
INPUT.
"""

import logging
import pathlib
import sys

import numpy as np
from onnxruntime import quantization
from onnxruntime.quantization.shape_inference import quant_pre_process


TYPES = {
    "int8": quantization.QuantType.QInt8,
    "uint8": quantization.QuantType.QUInt8,
    "int16": quantization.QuantType.QInt16,
}


class Samples(quantization.CalibrationDataReader):
    def __init__(self, name, array):
        self.feeds = ({name: array[k : k + 1]} for k in range(len(array)))

    def get_next(self):
        return next(self.feeds, None)


def prepare(model, prepared):
    """Without the symbolic inference of shapes where that fails; shapes here are numbers anyway."""
    try:
        quant_pre_process(model, prepared)
    except AssertionError:
        quant_pre_process(model, prepared, skip_symbolic_shape=True)


def main():
    model, name, samples, output, activations, weights = (*sys.argv[1:], "int8")[:6]
    logging.disable(logging.WARNING)
    prepared = pathlib.Path(output).with_suffix(".prepared.onnx")
    prepare(model, prepared)
    quantization.quantize_static(
        prepared,
        output,
        Samples(name, np.load(samples, mmap_mode="r")),
        quant_format=quantization.QuantFormat.QDQ,
        per_channel=True,
        activation_type=TYPES[activations],
        weight_type=TYPES[weights],
        calibrate_method=quantization.CalibrationMethod.MinMax,
    )
    prepared.unlink()


main()
