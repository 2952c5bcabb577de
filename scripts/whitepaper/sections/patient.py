"""A network whose channels were scaled by powers of two, and what cures it without labels."""

from bench.markdown import table
from whitepaper import cells
from whitepaper.methods import Ours, Peer
from whitepaper.sections import Section

SICK, HEALTHY = "patient", "mobilenet_relu"
METHODS = {
    "per channel, `--effort 0`": Ours("--effort 0"),
    "per channel, defaults": Ours(),
    "per channel, `--effort 2`": Ours("--effort 2"),
    "per layer, `--effort 0`": Ours("--per-layer --effort 0"),
    "per layer, defaults": Ours("--per-layer"),
    "per layer, `--effort 2`": Ours("--per-layer --effort 2"),
    "ONNX Runtime": Peer("onnxruntime"),
    "NNCF": Peer("nncf"),
    "LiteRT's quantizer": Peer("litert"),
}
DOCTORS = (Ours("--effort 2"), Ours("--per-layer --effort 2"))

TEXT = """\
## The patient

`{sick}` computes what `{healthy}` computes: its channels are multiplied by 2^u, u from -5 to 5, and the weights of
the next layer divided by it. `--effort 2` sees the calibration samples and no labels.

{rows}

What `--effort 2` says that it did to the patient:

{treatments}
"""


def treatments(bench, method):
    """'- `--effort 2`: -0.4 dB before; kept `--equalize` (32.7 dB); ...'."""
    treatment = method.summary(bench)["treatment"]
    kept = [f"`{trial['flag']}` ({trial['sqnr_db']:.1f} dB)" for trial in treatment["trials"] if trial["kept"]]
    before = f"{treatment['untreated']['sqnr_db']:.1f} dB before"
    return f"- `{method.flags}`: {before}; kept {', '.join(kept)}; {treatment['files']} files compared."


def row(study, label, method):
    return label, *(cells.cell(study, name, method) for name in (HEALTHY, SICK))


def report(study):
    if not {SICK, HEALTHY} <= set(study.names):
        return Section("")
    rows = table(("method", HEALTHY, SICK), [row(study, label, method) for label, method in METHODS.items()])
    said = "\n".join(treatments(study.bench(SICK), method) for method in DOCTORS)
    return Section(TEXT.format(sick=SICK, healthy=HEALTHY, rows=rows, treatments=said))
