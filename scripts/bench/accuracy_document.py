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

Three sides quantize the same float network, calibrated on the same samples and judged on others: qconvert, ONNX
Runtime's `quantize_static`, and NNCF's `quantize` of ONNX models. All are fed the same float arrays.

- *Same top-1 as float*: the share of samples on which the largest output is the float network's.
- *SQNR*: of the output, 10 log10(sum r^2 / sum (r - q)^2) over all samples, r being the float network's output and q
  the quantized one's. *exact*: equal bit for bit.
- *Top-1*: against true labels, where there are any. *float* is the original network's.

qconvert's files are run by `qeval` with its fast kernels, and compared with the float network in the same runner,
which the tests hold to ONNX Runtime within 1e-4 of the output's range. ONNX Runtime's rows are its own: QDQ, int8
activations, symmetric int8 weights per channel, ranges by min/max, after `quant_pre_process`; run with
`ORT_DISABLE_ALL` (on processors without VNNI its integer kernels saturate products), against its own float network.
Its calibration is min/max, so qconvert's like is *int8 per channel, min-max*; without *min-max* ranges are
qconvert's default, `--calibration auto`. NNCF's rows are its defaults on all calibration samples, run in the same way.

Two ceilings stand beside: *weights only* has 8-bit weights and float activations, *ONNX Runtime, 16-bit weights* has
weights as good as float and the same 8-bit activations. A mode's flags:

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

Beside its peers, qconvert's default answers so many more test samples right (as labelled, else as the float network
does), and the 95 % interval of that difference, paired by sample. qconvert's file is run by LiteRT for this table.

{paired}

## Networks with random weights

torchvision's architectures, calibrated on {few} other crops of photographs. Weights are random: SQNR
shows what rounding does to the structure, and nothing of how well a trained network of that name would do.

{untrained}

## What the default calibration chose

Ranges of all tensors, and the method that the file has: below 25 dB in the self-check min-max is tried too.

{chosen}

## Memory

Of a conversion with the default settings and two threads. Statistics take the same memory whatever the number of
samples; what grows a little is the outputs that the self-check keeps (of at most 32 samples).

{memory}
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


def document(trained, untrained, paired, chosen, memory):
    """The whole of docs/accuracy.md."""
    real = {name: network for name, network in NETWORKS.items() if network.trained}
    other = next(network for network in NETWORKS.values() if not network.trained)
    modes = [(mode, words(flags)) for mode, flags in (MODES | KEY_MODES).items()]
    return TEXT.format(
        versions=", ".join(
            (
                f"qconvert {machine.our_version()}",
                f"ONNX Runtime {machine.version('onnxruntime')}",
                f"NNCF {machine.openvino_version('nncf')}",
            )
        ),
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
        paired=paired,
        chosen=chosen,
        memory=memory,
    )


def words(flags):
    return " ".join(f"`{flag}`" for flag in grouped(flags)) or "none, the defaults"


def grouped(flags):
    """Flags with their values: ("--bits", "4", "--float") is "--bits 4" and "--float"."""
    return " ".join(flags).replace(" --", "\n--").split("\n") if flags else []
