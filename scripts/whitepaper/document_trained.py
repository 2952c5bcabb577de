"""docs/study_training.md, what training wins: its text around the sections."""

from bench import machine
from whitepaper import findings, findings_trained, recipes

TEXT = """\
# The paper's study in small: training

Written by `scripts/study --training`, all of it: do not edit. qconvert {version}, LiteRT {litert}.
{machine}.

The tables and figures of Krishnamoorthi's whitepaper (arXiv 1806.08342) that need quantization-aware training, on the
networks of [study.md](study.md), which is the half without training and explains the cells. The networks kept their
batch norms. Each training is one epoch of 50,000 of Fashion-MNIST's training pictures unless its command says otherwise:
`{once}`, 1,562 steps of 32. The other 10,000 training pictures
are the validation. With 4-bit weights a training begins where GPTQ ends. Cells are right answers on the
10,000 test pictures, which no training saw, of the file as LiteRT runs it. A row can be had again with

    scripts/study --training --networks NETWORK --only SECTION

or by itself with

    qtune testdata/fashion_mnist/NETWORK_bn.onnx --data train.idx --labels train-labels.idx --validation rest.idx --validation-labels rest-labels.idx --mean 0.2860 --std 0.3530 FLAGS -o n.tflite

The float networks were trained on all 60,000 pictures, the validation's too. The validation ranks states and kinds of
training; it does not foretell the test.

{findings}
{sections}
## What was not run

The networks that no label belongs to, EfficientNet-Lite0 and PP-OCR: more about them is in [tuning.md](tuning.md). `patient`,
which is `mobilenet_relu` with its channels scaled. Other seeds: a difference of 0.2 points between two trainings is
chance. Trainings of more epochs, which win more, above all with 4 bits.
"""


def document(study, found):
    """The whole of docs/study_training.md."""
    return TEXT.format(
        version=machine.our_version(),
        litert=machine.version("ai-edge-litert"),
        machine=machine.description(),
        once=recipes.ONCE,
        findings=findings.text(study, findings_trained.STATEMENTS),
        sections="\n".join(section.text for section in found),
    )
