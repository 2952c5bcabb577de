"""docs/study.md, what is measured without training: its text around the sections."""

from bench import machine
from whitepaper import findings, findings_untrained

TEXT = """\
# The paper's study, repeated in small

Written by `scripts/study`, all of it: do not edit. {versions}.
{machine}.

Krishnamoorthi's whitepaper (arXiv 1806.08342) measures quantization on ImageNet networks. Here are its tables in its
order, on networks of 10,000 to 90,000 parameters that were trained on Fashion-MNIST's 60,000 pictures
(`scripts/train_fashion_mnist.py`). Small networks on an easy task lose less than large ones on ImageNet, so compare
the order of methods, not their figures. A cell such as *91.85 (-0.21 ± 0.18)* is a score in percent, and in brackets
the points against the float network with half the 95 % interval of that difference, paired by sample. Nothing here is
trained after quantization. *Simulated* figures come from a small simulation in numpy and ONNX Runtime
(`scripts/whitepaper/affine.py`) that shares no code with qconvert; all others are files that `qconvert` wrote with the
flags in the column's head, run by LiteRT. A file and its figures can be had again with

    qconvert testdata/fashion_mnist/NETWORK_bn.onnx --data testdata/fashion_mnist/calibration --mean 0.2860 --std 0.3530 FLAGS -o n.tflite
    qeval testdata/fashion_mnist/NETWORK_bn.onnx n.tflite --data {test}-images-idx3-ubyte.gz --labels {test}-labels-idx1-ubyte.gz --mean 0.2860 --std 0.3530

{findings}
{sections}
## What was run, and what was not

Every cell was measured on 10,000 test pictures, on EfficientNet-Lite0 and PP-OCR on as many samples as the first table
says. Methods that draw by chance, and chosen calibration pictures, have 3 seeds. Left out:

- on EfficientNet-Lite0 and PP-OCR all but the first section and the last, and there what takes minutes: AdaRound, GPTQ
  and equalization alone, NNCF's full bias correction, `--effort 2` per layer and with 4 bits; and what differs little
  from another row: 16-bit weights and 4-bit weights per layer. More about both networks is in
  [accuracy.md](accuracy.md);
- range methods on more than one network, stochastic rounding on more than five;
- `--rounding spfq` and `--sparsity`;
- what needs training, tables 4 to 6 and figures 12 to 16: it is in [study_training.md](study_training.md);
- times (table 7), which are in [performance.md](performance.md).
"""


def document(study, found):
    """The whole of docs/study.md."""
    return TEXT.format(
        versions=", ".join(
            (
                f"qconvert {machine.our_version()}",
                f"ONNX Runtime {machine.version('onnxruntime')}",
                f"LiteRT {machine.version('ai-edge-litert')}",
                f"LiteRT's quantizer {machine.version('litert-quantizer')}",
                f"NNCF {machine.openvino_version('nncf')}",
            )
        ),
        machine=machine.description(),
        test="/usr/share/datasets/fashion-mnist/t10k",
        findings=findings.text(study, findings_untrained.STATEMENTS),
        sections="\n".join(section.text for section in found),
    )
