"""Times a network in another engine, batch 1, and prints JSON: a program of its own, so that none disturbs another.

usage: latency_peer.py ENGINE MODEL THREADS RUNS

ENGINE is litert, onnxruntime, openvino (float32 where it is not int8) or openvino_default (in whatever precision it
likes).
"""

import json
import sys
import time

import numpy as np

WARM_UPS = 5


def reals(shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def litert(model, threads):
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model, num_threads=threads)
    interpreter.allocate_tensors()
    (details,) = interpreter.get_input_details()
    interpreter.set_tensor(details["index"], reals(details["shape"]))
    return interpreter.invoke


def onnxruntime(model, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    (value,) = session.get_inputs()
    feeds = {value.name: reals(value.shape)}
    return lambda: session.run(None, feeds)


def openvino_default(model, threads, **properties):
    sys.modules["openvino_telemetry"] = None  # else it reports over the network that it is used
    import openvino

    properties |= {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads}
    compiled = openvino.Core().compile_model(model, "CPU", properties)
    request = compiled.create_infer_request()
    request.set_input_tensor(openvino.Tensor(reals(compiled.input().shape)))
    return request.infer


def openvino(model, threads):
    return openvino_default(model, threads, INFERENCE_PRECISION_HINT="f32")


ENGINES = {engine.__name__: engine for engine in (litert, onnxruntime, openvino, openvino_default)}


def milliseconds(run):
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) * 1e3


def main():
    engine, model, threads, runs = sys.argv[1:]
    run = ENGINES[engine](model, int(threads))
    for _ in range(WARM_UPS):
        run()
    print(json.dumps({"min_ms": min(milliseconds(run) for _ in range(int(runs)))}))


main()
