"""The engines whose latency is compared: which file each runs, and the command that times it."""

import dataclasses
import pathlib
import sys
from collections.abc import Callable

from bench import machine
from bench.setup import OPENVINO, import_peers

peers = import_peers()

OURS = "qconvert"
PEER = pathlib.Path(__file__).with_name("latency_peer.py")


@dataclasses.dataclass(frozen=True)
class Engine:
    name: str
    precision: str
    file: Callable  # of a case: made from its network, unless it is there
    command: Callable  # of a file, threads and runs: prints JSON with min_ms

    def __str__(self):
        return f"{self.name} {self.precision}"


def made(path, command, *arguments, **options):
    if not path.exists():
        peers.run(*command(path, *arguments, **options))
    return path


def original(case):
    return case.model


def our_int8(case):
    return made(case.folder / "ours.tflite", case.qconvert_command)


def our_float(case):
    return made(case.folder / "float.tflite", case.qconvert_command, ["--float"], calibrated=False)


def onnxruntime_int8(case):
    return made(case.folder / "onnxruntime.onnx", case.onnxruntime_command, "uint8")


def openvino_int8(case):
    return made(case.folder / "openvino.xml", case.openvino_command)


def qeval(file, threads, runs):
    return [peers.BUILD / "bin/qeval", "--bench", file, "--threads", threads, "--runs", runs, "--json", "-"]


def peer(engine, python=sys.executable):
    return lambda file, threads, runs: [python, "-B", PEER, engine, file, threads, runs]


litert, onnxruntime = peer("litert"), peer("onnxruntime")
openvino = peer("openvino", OPENVINO / "bin/python")
openvino_default = peer("openvino_default", OPENVINO / "bin/python")

ENGINES = [
    Engine(OURS, "int8", our_int8, qeval),
    Engine("LiteRT", "int8", our_int8, litert),
    Engine("ONNX Runtime", "int8", onnxruntime_int8, onnxruntime),
    Engine("OpenVINO", "int8", openvino_int8, openvino),
    Engine(OURS, "float32", original, qeval),
    Engine("LiteRT", "float32", our_float, litert),
    Engine("ONNX Runtime", "float32", original, onnxruntime),
    Engine("OpenVINO", "float32", original, openvino),
]
if machine.has_bfloat16():  # what OpenVINO then computes in, unless told otherwise
    ENGINES += [
        Engine("OpenVINO bfloat16 +", "int8", openvino_int8, openvino_default),
        Engine("OpenVINO", "bfloat16", original, openvino_default),
    ]
