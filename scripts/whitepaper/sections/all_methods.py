"""Every method on every network, beside ONNX Runtime, NNCF and LiteRT's quantizer on the same samples."""

import numpy as np

from bench.markdown import table
from whitepaper import cells, charts, intervals, subjects
from whitepaper.methods import Ours, Peer
from whitepaper.sections import Section

INT8 = {
    "qconvert": Ours(),
    "`--effort 0`": Ours("--effort 0"),
    "`--equalize`": Ours("--equalize"),
    "`--rounding gptq`": Ours("--rounding gptq"),
    "`--rounding adaround`": Ours("--rounding adaround"),
    "`--effort 2`": Ours("--effort 2"),
}
PEERS = {
    "ONNX Runtime": Peer("onnxruntime"),
    "NNCF": Peer("nncf"),
    "NNCF, full bias correction": Peer("nncf-full"),
    "LiteRT's quantizer": Peer("litert"),
}
PER_LAYER = {
    "`--per-layer`": Ours("--per-layer"),
    "`--per-layer --equalize`": Ours("--per-layer --equalize"),
    "`--per-layer --effort 2`": Ours("--per-layer --effort 2"),
}
OTHERS = {
    "`--bits 4`": Ours("--bits 4"),
    "`--bits 4 --rounding gptq`": Ours("--bits 4 --rounding gptq"),
    "`--bits 4 --rounding adaround`": Ours("--bits 4 --rounding adaround"),
    "`--bits 4 --effort 2`": Ours("--bits 4 --effort 2"),
    "`--bits 4 --per-layer`": Ours("--bits 4 --per-layer"),
    "`--bits 4 --per-layer --effort 2`": Ours("--bits 4 --per-layer --effort 2"),
    "`--weights-only`": Ours("--weights-only"),
    "`--bits 4 --weights-only`": Ours("--bits 4 --weights-only"),
    "`--dynamic`": Ours("--dynamic"),
    "`--bits 16`": Ours("--bits 16"),
}
GROUPS = {"int8 per channel": INT8, "other tools": PEERS, "int8 per layer": PER_LAYER, "other types": OTHERS}
BEST = "`--effort 2`"
# Of networks on which each method takes minutes.
ON_LARGE = {
    "qconvert",
    "`--effort 0`",
    BEST,
    "ONNX Runtime",
    "NNCF",
    "LiteRT's quantizer",
    "`--per-layer`",
    "`--bits 4`",
    "`--weights-only`",
    "`--dynamic`",
}
LEAST_DB, LEAST_POINTS = 0.05, 0.005  # what the table does not round to zero

TEXT = """\
## Every method on every network

All tools get the same samples; int8 weights per channel and int8 activations unless a row says otherwise. qconvert's
and LiteRT's files run in LiteRT, ONNX Runtime's and NNCF's in ONNX Runtime without rewriting. A cell is the score, in
brackets points against float and half the 95 % interval of that difference, paired by sample; then the SQNR of the
output in dB.

{tables}

Where qconvert is not best at int8 per channel. *Ahead* is the best other tool's score less that of qconvert's defaults,
and less that of {best}, with the paired 95 % interval; then the same of the SQNR. The
best of four is chosen by the score that it is compared by, which flatters it.

{behind}

One picture of all: a method's file size as a share of the float network's ONNX file and its points against float,
both means over the Fashion-MNIST networks without `patient`. What lies lower is drawn on the edge.

![Mean points against float by size of the file](study/all_methods.svg)
"""


def is_measured(name, label):
    return subjects.SUBJECTS[name].fashion or label in ON_LARGE


def cell(study, name, label, method):
    if not is_measured(name, label):
        return "not measured"
    return f"{cells.cell(study, name, method)}, {cells.decibels(study.result(name, method).sqnr_db)}"


def table_of(study, title, methods):
    rows = [(label, *(cell(study, name, label, method) for name in study.names)) for label, method in methods.items()]
    return f"{title}:\n\n" + table(("method", *study.names), rows)


def ahead_in_points(study, name, peer, ours):
    """Points that a peer is ahead by, and the margin of their interval."""
    mean, margin = intervals.paired(study.result(name, peer).scores, study.result(name, ours).scores)
    return 100 * mean, 100 * margin


def ahead_in_db(study, name, peer, ours):
    return study.result(name, peer).sqnr_db - study.result(name, ours).sqnr_db


def behind(study):
    """A row per network on which another tool scores higher than our defaults or our best, or is nearer to float."""
    rows = []
    for name in study.names:
        peers = [label for label in PEERS if is_measured(name, label)]
        by_score = max(peers, key=lambda peer: cells.percent(study, name, PEERS[peer]))
        by_noise = max(peers, key=lambda peer: study.result(name, PEERS[peer]).sqnr_db)
        settings = (INT8["qconvert"], INT8[BEST])
        points = [ahead_in_points(study, name, PEERS[by_score], ours) for ours in settings]
        decibels = [ahead_in_db(study, name, PEERS[by_noise], ours) for ours in settings]
        if max(decibels) >= LEAST_DB or max(mean for mean, _ in points) >= LEAST_POINTS:
            shown = [f"{mean:+.2f} ± {margin:.2f}" for mean, margin in points]
            rows.append((name, by_score, *shown, by_noise, *(f"{value:+.1f}" for value in decibels)))
    ahead_of = ("of defaults", f"of {BEST}")
    points, decibels = ([f"{what} ahead {whom}" for whom in ahead_of] for what in ("points", "dB"))
    header = ("network", "best score", *points, "best SQNR", *decibels)
    return table(header, rows) if rows else "Nowhere."


def drawn(study, names):
    def share(name, method):
        return study.result(name, method).file_bytes / study.reference(name).file_bytes

    dots = {
        group: [
            (
                label.replace("`", ""),
                100 * np.mean([share(name, method) for name in names]),
                cells.mean_drop(study, names, method),
            )
            for label, method in methods.items()
        ]
        for group, methods in GROUPS.items()
    }
    title = "Points against float by size, means over networks"
    return charts.dots(title, dots, "size of the file, % of the float ONNX file", "points against float", -0.8)


def report(study):
    tables = "\n\n".join(table_of(study, title, methods) for title, methods in GROUPS.items())
    text = TEXT.format(tables=tables, best=BEST, behind=behind(study))
    names = [name for name in study.fashion if name != "patient"]
    return Section(text, {"all_methods": drawn(study, names)} if names else {})
