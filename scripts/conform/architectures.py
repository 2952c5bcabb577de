"""The architectures of the table, how each is made, and what became of it."""

import dataclasses
import json
import pathlib
import subprocess

import numpy as np
import onnx
from onnxruntime import quantization

from bench.setup import ROOT
from conform import node_tests, pictures, sequences
from conform.net import SAMPLES
from conform.node_tests import peers

CALIBRATION = 8
TORCHVISION = ["resnet18", "mobilenet_v2", "mobilenet_v3_large", "squeezenet1_1", "shufflenet_v2_x1_0", "densenet121",
               "efficientnet_b0", "inception_v3", "ssdlite320_mobilenet_v3", "vit_b_16", "conformance/mnasnet1_0",
               "conformance/regnet_y_400mf", "conformance/convnext_tiny", "conformance/swin_t"]
HANDMADE = [pictures.unet, pictures.super_resolution, pictures.pixel_unshuffle, pictures.group_norm,
            pictures.style_transfer, pictures.boxes_of_anchors, pictures.peaks_of_heatmaps, pictures.generator,
            pictures.embedding, pictures.video, sequences.keywords, sequences.wavenet, sequences.point_cloud,
            sequences.policy, sequences.mixer, sequences.encoder, sequences.llama, sequences.graph_network,
            sequences.lstm, sequences.gru]
S8, U8 = quantization.QuantType.QInt8, quantization.QuantType.QUInt8
QUANTIZED = {
    "residual, QDQ int8": (quantization.QuantFormat.QDQ, S8),
    "residual, QDQ uint8": (quantization.QuantFormat.QDQ, U8),
    "residual, QOperator": (quantization.QuantFormat.QOperator, U8),
}


@dataclasses.dataclass
class Row:
    name: str
    what: str
    nodes: int = 0
    refused: str = ""
    int8_refused: str = ""
    float_error: float = None  # of the output's range, LiteRT beside ONNX Runtime
    decibels: float = None  # int8 in LiteRT beside ONNX Runtime's float
    our_decibels: float = None  # the same file by our reference kernels
    integer_share: float = None  # of the multiply-adds
    transposes: int = 0
    islands: int = 0
    floats: dict = dataclasses.field(default_factory=dict)  # float nodes by kind


@dataclasses.dataclass
class Architecture:
    name: str
    what: str
    make: object  # a function of a folder that returns the model's path and the samples

    def row(self, folder):
        folder.mkdir(parents=True)
        path, samples = self.make(folder)
        return measure(Row(self.name, self.what), path, samples, folder)


def all_architectures():
    for name in TORCHVISION:
        yield Architecture(pathlib.Path(name).name, "torchvision", lambda folder, name=name: torchvision(name))
    for build in HANDMADE:
        what = build.__doc__.strip().rstrip(".")
        yield Architecture(build.__name__.replace("_", " "), what, lambda folder, build=build: handmade(build, folder))
    for name, form in QUANTIZED.items():
        yield Architecture(name, "quantized by ONNX Runtime", lambda folder, form=form: quantized(form, folder))


def torchvision(name):
    """Patches of smooth noise, normalized as pictures are."""
    path = ROOT / f".models/{name}.onnx"
    subprocess.run([ROOT / "scripts/models", name], check=True)
    value = onnx.load(path, load_external_data=False).graph.input[0]
    *_, height, width = (dimension.dim_value for dimension in value.type.tensor_type.shape.dim)
    random = np.random.default_rng(0)
    coarse = random.normal(0, 1, (SAMPLES, 3, height // 16 + 1, width // 16 + 1)).repeat(16, 2).repeat(16, 3)
    samples = coarse[:, :, :height, :width] + random.normal(0, 0.3, (SAMPLES, 3, height, width))
    return path, {value.name: samples.astype(np.float32)}


def handmade(build, folder):
    model, samples = build()
    onnx.save(model, folder / "model.onnx")
    return folder / "model.onnx", samples


class Reader(quantization.CalibrationDataReader):
    def __init__(self, samples):
        self.left = iter([{name: values[i : i + 1] for name, values in samples.items()} for i in range(CALIBRATION)])

    def get_next(self):
        return next(self.left, None)


def quantized(form, folder):
    """ONNX Runtime's file of the residual network; it is its own float reference."""
    path, samples = handmade(pictures.residual, folder)
    layout, activations = form
    quantization.quantize_static(path, folder / "quantized.onnx", Reader(samples), quant_format=layout,
                                 activation_type=activations, weight_type=S8, per_channel=True)
    return folder / "quantized.onnx", samples


def measure(row, path, samples, folder):
    """Fills a row: converts, and runs ONNX Runtime, LiteRT and our kernels on samples that did not calibrate."""
    row.nodes = len(onnx.load(path, load_external_data=False).graph.node)
    np.savez(folder / "data.npz", **{name: values[:CALIBRATION] for name, values in samples.items()})
    judged = [values[CALIBRATION:, None] for values in samples.values()]
    expected = run_reference(path, samples, judged)
    row.refused = convert(path, folder / "float.tflite", "--float", "--layout", "keep")
    if row.refused:
        return row
    row.float_error = largest_error(run(folder / "float.tflite", samples, judged), expected)
    row.int8_refused = convert(path, folder / "int8.tflite", "--data", folder / "data.npz")
    if row.int8_refused:
        return row
    report = json.loads((folder / "int8.json").read_text())
    row.integer_share = report["integer_multiply_adds"] / max(report["multiply_adds"], 1)
    describe(row, folder / "int8.tflite")
    layouts = report["layouts"]
    given = [in_layout(values, layouts[name]) for name, values in zip(samples, judged)]
    wanted = [in_layout(values, layouts[name]) for name, values in expected.items()]
    row.decibels = node_tests.decibels(run(folder / "int8.tflite", samples, given).values(), wanted)
    row.our_decibels = node_tests.decibels(run_ours(folder / "int8.tflite", samples, given), wanted)
    return row


def run_reference(path, samples, judged):
    names = [value.name for value in onnx.load(path, load_external_data=False).graph.output]
    return dict(zip(names, peers.run_onnxruntime(path, judged)))


def convert(path, output, *flags):
    command = [peers.BUILD / "bin/qconvert", path, "-o", output, "-q", "--json", output.with_suffix(".json"), *flags]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    return "" if done.returncode == 0 else node_tests.reason(done.stderr, done.returncode)


def in_layout(values, layout):
    """[samples, 1, C, ...] as [samples, 1, ..., C] where the file has it so."""
    return values if layout == "keep" else np.moveaxis(values, 2, -1)


def in_order(model, samples, judged):
    """Values in the order of the file's inputs."""
    by_name = dict(zip(samples, judged))
    return [by_name[details["name"].removeprefix("serving_default_").split(":")[0]] for details in model.inputs]


def run(file, samples, judged):
    model = peers.LiteRt(file, peers.XNNPACK)
    outputs = model.run([values.astype(details["dtype"]) for values, details
                         in zip(in_order(model, samples, judged), model.inputs)])
    return {details["name"]: values for details, values in zip(model.outputs, outputs)}


def run_ours(file, samples, judged):
    folder = file.with_suffix("")
    folder.mkdir()
    (folder / "model.tflite").symlink_to(file)
    peers.write_inputs(folder, [values[:, 0] if values.ndim > 1 else values
                                for values in in_order(peers.LiteRt(file, peers.DEFAULT), samples, judged)])
    peers.run_ours("reference", [folder])
    return peers.our_outputs("reference", folder)


def largest_error(found, expected):
    errors = [np.abs(a.reshape(b.shape) - b).max() / max(np.ptp(b), 1e-30) for a, b in zip(found.values(), expected.values())]
    return max(errors)


def describe(row, file):
    """TRANSPOSEs of the file, and the float operators: by kind, and how many groups of neighbours they are."""
    graph = peers.read_tflite(file)
    names = {code: name for name, code in vars(peers.schema.BuiltinOperator).items() if isinstance(code, int)}
    kinds = [names[code] for code, _ in peers.operators(file)]
    row.transposes = kinds.count("TRANSPOSE")
    tensors = graph.subgraphs[0].tensors
    float32 = peers.schema.TensorType.FLOAT32
    groups, group_of = [], {}  # a tensor's group
    for kind, operator in zip(kinds, graph.subgraphs[0].operators):
        touched = [i for i in [*operator.inputs, *operator.outputs] if i >= 0 and tensors[i].type == float32]
        if kind in ("QUANTIZE", "DEQUANTIZE") or not any(tensors[i].type == float32 for i in operator.outputs):
            continue
        row.floats[kind] = row.floats.get(kind, 0) + 1
        touched = [i for i in touched if not len(graph.buffers[tensors[i].buffer].data if graph.buffers[tensors[i].buffer].data is not None else [])]
        joined = {group_of[i] for i in touched if i in group_of}
        groups.append(None)
        new = len(groups) - 1
        for i in list(group_of):
            if group_of[i] in joined:
                group_of[i] = new
        group_of.update({i: new for i in touched})
    row.islands = len(set(group_of.values()))
