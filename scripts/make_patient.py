#!/usr/bin/python3
"""Makes testdata/fashion_mnist/patient_bn.onnx of mobilenet_relu_bn.onnx: the same float function in an unhealthy form.

usage: make_patient.py [SOURCE.onnx PATIENT.onnx]
"""

import sys

from bench import setup


def main():
    setup.enter_peers_python()
    import onnx

    from whitepaper import patient

    folder = setup.ROOT / "testdata/fashion_mnist"
    source, target = sys.argv[1:] or (folder / "mobilenet_relu_bn.onnx", folder / "patient_bn.onnx")
    onnx.save(patient.scaled(onnx.load(source)), target)


main()
