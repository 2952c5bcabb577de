"""The text of docs/accuracy.md around its tables."""

from bench import machine
from bench.accuracy_tables import KEY_MODES, MODES
from bench.markdown import table
from bench.networks import FASHION_MNIST, NETWORKS

DATASET = "/usr/share/datasets/fashion-mnist/t10k"

TEXT = """\
# Accuracy

Written by `scripts/accuracy`, all of it: do not edit. {versions}.
{machine}.

Two sides quantize the same float network, calibrated on the same samples and judged on others: qconvert, and ONNX
Runtime's `quantize_static`. Both are fed the same float arrays.

- *Same top-1 as float*: the share of samples on which the largest output is the float network's.
- *SQNR*: of the output, 10 log10(sum r^2 / sum (r - q)^2) over all samples, r being the float network's output and q
  the quantized one's. *exact*: equal bit for bit.
- *Top-1*: against true labels, where there are any. *float* is the original network's.

qconvert's files are run by `qeval` with its fast kernels, and compared with the float network in the same runner,
which the tests hold to ONNX Runtime within 1e-4 of the output's range. ONNX Runtime's rows are its own: QDQ, int8
activations, symmetric int8 weights per channel, ranges by min/max, after `quant_pre_process`; run with
`ORT_DISABLE_ALL` (on processors without VNNI its integer kernels saturate products), against its own float network.
Its calibration is min/max, so qconvert's like is *int8 per channel, min-max*; without *min-max* ranges are
qconvert's default, `--calibration auto`. A mode's flags:

{modes}

## Networks with trained weights

EfficientNet-Lite0 classifies as ImageNet does and is judged on photographs without labels; `_bn` still has its batch
norms. `ppocr_cls` tells upright words from those upside down. `mobilenet` and `resnet` are testdata's, judged on
all 10,000 test pictures of Fashion-MNIST.

{samples}

{trained}

`ppocr_cls`'s SQNR is a rough figure: inputs that differed in the last bit have moved it by 3 dB, for a few uncertain
words decide it. The same from the command line, FLAGS being the mode's; *float* and *weights only* are converted
without `--data` and what follows it, since samples also steer the scales of weights.

{commands}

## Networks with random weights

torchvision's architectures, calibrated on {few} other crops of photographs. Weights are random: SQNR
shows what rounding does to the structure, and nothing of how well a trained network of that name would do.

{untrained}
"""


def commands(network):
    """How to repeat a network's figures from its pictures."""
    flags = " ".join(network.preprocessing.flags())
    shape = f" --shape {network.input}:1x3x{network.height}x{network.width}" if network.free_shape else ""
    test, labels = f"{network.pictures}/test", f"{network.pictures}/test/labels.csv"
    if network.pictures == FASHION_MNIST:
        test, labels = f"{DATASET}-images-idx3-ubyte.gz", f"{DATASET}-labels-idx1-ubyte.gz"
    convert = f"qconvert {network.path}{shape} --data {network.pictures}/calibration {flags} FLAGS -o n.tflite"
    judge = f"qeval {network.path} n.tflite{shape} --data {test} {flags}"
    return f"    {convert}\n    {judge}" + (f" --labels {labels}" if network.labelled else "")


def document(trained, untrained):
    """The whole of docs/accuracy.md."""
    real = {name: network for name, network in NETWORKS.items() if network.trained}
    other = next(network for network in NETWORKS.values() if not network.trained)
    modes = [(mode, " ".join(f"`{flag}`" for flag in grouped(flags)) or "none, the defaults") for mode, flags in (MODES | KEY_MODES).items()]
    return TEXT.format(
        versions=f"qconvert {machine.our_version()}, ONNX Runtime {machine.version('onnxruntime')}",
        machine=machine.description(),
        modes=table(("mode", "flags"), modes),
        samples=table(
            ("network", "calibration samples", "test samples"),
            [(name, str(network.calibration), str(network.test)) for name, network in real.items()],
        ),
        trained=trained,
        commands="\n\n".join(map(commands, real.values())),
        few=f"{other.calibration} and judged on {other.test}",
        untrained=untrained,
    )


def grouped(flags):
    """Flags with their values: ("--bits", "4", "--float") is "--bits 4" and "--float"."""
    return " ".join(flags).replace(" --", "\n--").split("\n") if flags else []
