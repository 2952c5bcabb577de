"""Quantizes a network with NNCF, its ONNX backend and its defaults: a program of its own.

usage: nncf_quantize.py MODEL.onnx INPUT SAMPLES.npy OUTPUT.onnx PACKAGES [full]

It runs in the Python of OpenVINO, and finds onnx and onnxruntime in the folder PACKAGES. The first axis of SAMPLES
counts samples of the input called INPUT. "full" corrects biases layer by layer, on the layers quantized before.
"""

import logging
import sys

import numpy as np

sys.path.append(sys.argv[5])
sys.modules["openvino_telemetry"] = None  # else it reports over the network that it is used
import nncf
import onnx


def main():
    model, name, samples, output = sys.argv[1:5]
    logging.disable(logging.WARNING)
    array = np.load(samples, mmap_mode="r")
    dataset = nncf.Dataset([{name: array[k : k + 1]} for k in range(len(array))])
    full = sys.argv[6:] == ["full"]
    quantized = nncf.quantize(onnx.load(model), dataset, subset_size=len(array), fast_bias_correction=not full)
    onnx.save(quantized, output)


main()
