"""What the comparisons share: our executables, LiteRT and ONNX Runtime on the same raw tensors.

A model lies in a folder of its own, as run_model.cc reads it. Everywhere the first axis of an array counts samples.
"""

import os
import pathlib
import re
import shutil
import subprocess

import numpy as np
import onnxruntime
import PIL.Image
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("QCONVERT_BUILD", ROOT / "build"))
SCRATCH = BUILD / "peers" / os.environ.get("ONEDNN_MAX_CPU_ISA", "")  # a test may run at once under each

REFERENCE = OpResolverType.BUILTIN_REF
DEFAULT = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
XNNPACK = OpResolverType.AUTO


# What scripts/models makes; plain loops under the sanitizers would take minutes over them.
LARGE_NETWORKS = {} if "QCONVERT_SMALL" in os.environ else {path.stem: path for path in ROOT.glob(".models/*.onnx")}

FASHION = ROOT / "testdata/fashion_mnist"
# Whose operators and structures are all that there are among testdata's; the others are of the same kinds.
FASHION_NETWORKS = [
    path
    for path in sorted(FASHION.glob("*.onnx"))
    if path.stem in {"mobilenet", "mobilenet_bn", "nasnet_bn", "resnet", "resnet_bn", "unet_bn"}
]
FASHION_FLAGS = ("--data", FASHION / "calibration", "--mean", "0.2860", "--std", "0.3530")


def fashion_pictures(count):
    """Normalized test pictures, [count, 1, 1, 28, 28] float32."""
    files = sorted((FASHION / "images").glob("*.png"))[:count]
    pixels = np.stack([np.asarray(PIL.Image.open(file)) for file in files])
    return ((pixels / 255 - 0.2860) / 0.3530).astype(np.float32).reshape(-1, 1, 1, 28, 28)


def say_left_out(names):
    print(f"left out: {', '.join(sorted(names))} (scripts/models makes them; builds with sanitizers do without)")


def fresh_folder(name):
    folder = SCRATCH / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


FREE_SHAPES = {"ppocr_cls": (1, 3, 48, 192)}  # of networks that take any; elsewhere only the batch is free


def with_fixed_shapes(model, name):
    """The model with every dimension of its inputs a number."""
    for value in model.graph.input:
        for place, dimension in enumerate(value.type.tensor_type.shape.dim):
            if dimension.dim_value <= 0:
                dimension.dim_value = FREE_SHAPES[name][place] if place > 0 else 1
    return model


def run(*command):
    """Runs one of our executables; its message is the error."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command[:4]))} ...: exit {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def qconvert(model, output, *flags):
    """Converts; other tools expect that the names of tensors are unique."""
    run(BUILD / "bin/qconvert", model, "-o", output, "-q", *flags)
    names = [tensor.name.decode() for tensor in read_tflite(output).subgraphs[0].tensors]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise AssertionError(f"several tensors are called {repeated}")


def write_inputs(folder, inputs):
    for number, array in enumerate(inputs):
        np.save(folder / f"input_{number}.npy", np.ascontiguousarray(array))


def run_ours(kernels, folders, threads=1):
    """Runs the models of all folders on their written inputs."""
    run(BUILD / "bin/run_model", kernels, threads, *folders)


def our_outputs(kernels, folder):
    count = len(list(folder.glob(f"{kernels}_*.npy")))
    return [np.load(folder / f"{kernels}_{number}.npy") for number in range(count)]


class LiteRt:
    """A model loaded by LiteRT on one thread."""

    def __init__(self, path, resolver):
        self.interpreter = Interpreter(str(path), experimental_op_resolver_type=resolver, num_threads=1)
        self.interpreter.allocate_tensors()
        self.inputs = self.interpreter.get_input_details()
        self.outputs = self.interpreter.get_output_details()

    def largest_scale(self):
        """What the coarsest step of an activation is in reals; 0 when there is none."""
        types = (np.int8, np.uint8, np.int16)
        details = [tensor for tensor in self.interpreter.get_tensor_details() if tensor["dtype"] in types]
        return max((tensor["quantization"][0] for tensor in details), default=0)

    def as_inputs(self, reals):
        """Samples of reals in the shapes and types that the file's inputs have."""
        inputs = []
        for details, values in zip(self.inputs, reals, strict=True):
            values, kind = values.reshape(len(values), *details["shape"]), details["dtype"]
            if kind != np.float32:
                scale, zero_point = details["quantization"]
                limits = np.iinfo(kind)
                values = np.clip(np.round(values / scale) + zero_point, limits.min, limits.max)
            inputs.append(values.astype(kind))
        return inputs

    def run(self, inputs):
        samples = []
        for values in zip(*inputs):
            for details, value in zip(self.inputs, values):
                self.interpreter.set_tensor(details["index"], value)
            self.interpreter.invoke()
            samples.append([self.interpreter.get_tensor(details["index"]) for details in self.outputs])
        return [np.stack(arrays) for arrays in zip(*samples)]


def run_onnxruntime(path, inputs):
    """Each sample is one run, without graph rewriting: the float oracle."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_inputs()]
    samples = [session.run(None, dict(zip(names, values))) for values in zip(*inputs)]
    return [np.stack(arrays) for arrays in zip(*samples)]


def read_tflite(path):
    return schema.ModelT.InitFromPackedBuf(pathlib.Path(path).read_bytes(), 0)


def operators(path):
    """(code, whether an operand or result is an integer of 8 or 16 bits with a scale) of each operator of a file."""
    model = read_tflite(path)
    graph = model.subgraphs[0]

    def integer(index):
        tensor = graph.tensors[index]
        scaled = tensor.quantization is not None and tensor.quantization.scale is not None
        return scaled and tensor.type in (schema.TensorType.INT8, schema.TensorType.UINT8, schema.TensorType.INT16)

    found = []
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex]
        tensors = [index for index in [*operator.inputs, *operator.outputs] if index >= 0]
        found.append((max(code.builtinCode, code.deprecatedBuiltinCode), any(map(integer, tensors))))
    return found


def listed_operators():
    """The table of qconvert --list-ops: name -> (TFLite code, or None where it is lowered; its columns int8 and int16).

    What is composed has no name of its own and is left out.
    """
    table = {}
    for line in run(BUILD / "bin/qconvert", "--list-ops").splitlines()[2:]:
        name, _, written, int8, int16 = [cell.strip() for cell in line[1:-1].split("|")]
        if name:
            first = re.match(r"\w+", written)[0]
            table[name] = (getattr(schema.BuiltinOperator, first, None), int8, int16)
    return table
