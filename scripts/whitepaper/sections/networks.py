"""What the study measures on."""

import onnx
from onnx import numpy_helper

from bench.markdown import table
from whitepaper import cells
from whitepaper.sections import Section
from whitepaper.subjects import SUBJECTS

TEXT = """\
## Networks

Those of Fashion-MNIST are testdata's, with their batch norms kept, calibrated on {calibration} training pictures and
judged on {count} test pictures with labels. `patient` is `mobilenet_relu` with its channels scaled by powers of two
(`scripts/make_patient.py`): the same float network. `unet` tells garment from background and is judged by the
intersection of its mask with the true one over their union, the mean over pictures. EfficientNet-Lite0 has no labels:
its figures are shares of answers that are the float network's.

{rows}
"""


def parameters(path):
    """How many values its constants hold, as initializers or as nodes."""
    graph = onnx.load(path).graph
    nodes = [node.attribute[0].t for node in graph.node if node.op_type == "Constant"]
    return sum(numpy_helper.to_array(tensor).size for tensor in (*graph.initializer, *nodes))


def row(study, name):
    subject = SUBJECTS[name]
    path = subject.network.model()
    count = len(study.reference(name).scores)
    size = f"{path.stat().st_size / 1000:.0f}"
    return name, subject.likeness, f"{parameters(path):,}", size, str(count), cells.floats(study, name)


def report(study):
    header = ("network", "resembles the paper's", "parameters", "ONNX, kB", "test samples", "float, %, 95 % interval")
    rows = table(header, [row(study, name) for name in study.names])
    calibration = SUBJECTS["resnet"].network.calibration
    return Section(TEXT.format(calibration=calibration, count=f"{study.count:,}", rows=rows))
