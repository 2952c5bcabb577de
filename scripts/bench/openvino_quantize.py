"""Quantizes a network with NNCF, OpenVINO's quantizer, and its defaults: a program of its own.

usage: openvino_quantize.py MODEL.onnx SAMPLES.npy OUTPUT.xml

The first axis of SAMPLES counts samples of the network's input.
"""

import logging
import sys

import numpy as np

sys.modules["openvino_telemetry"] = None  # else the two report over the network that they are used
import nncf
import openvino


def main():
    model, samples, output = sys.argv[1:]
    logging.disable(logging.WARNING)
    array = np.load(samples, mmap_mode="r")
    dataset = nncf.Dataset([array[k : k + 1] for k in range(len(array))])
    quantized = nncf.quantize(openvino.Core().read_model(model), dataset, subset_size=len(array))
    openvino.save_model(quantized, output)


main()
