"""Section 2.5 of the paper: how many samples the ranges of activations need, by method."""

import numpy as np

from bench.markdown import table
from whitepaper import cells, charts
from whitepaper.methods import Ours
from whitepaper.sections import Section

METHODS = ("min-max", "moving-average", "percentile", "mse", "octav", "kl", "auto")
SAMPLES = (4, 16, 64, 256)
SEEDS = 3
QUICK_SAMPLES = (4, 16)
NETWORKS = ("mobilenet_v1",)

TEXT = """\
## Ranges of activations (section 2.5)

`--calibration METHOD` on so many training pictures, chosen by chance {seeds} times: the mean SQNR of the output in dB,
least and greatest, and the mean score against float in points. Biases are left alone (`--bias-correction none`),
weights are `--weight-scale max`.

{rows}

![SQNR of the output by number of samples, a panel for each network](study/range_methods.svg)
"""


def counts(study):
    return QUICK_SAMPLES if study.quick else SAMPLES


def results(study, name, method, samples):
    flags = f"--calibration {method} --bias-correction none --weight-scale max"
    seeds = 1 if study.quick else SEEDS
    return [study.result(name, Ours(flags, samples, seed)) for seed in range(seeds)]


def cell(study, name, method, samples):
    found = results(study, name, method, samples)
    decibels = [result.sqnr_db for result in found]
    scores = np.mean([result.scores.mean() for result in found]) - study.reference(name).scores.mean()
    return f"{np.mean(decibels):.1f} ({min(decibels):.1f} to {max(decibels):.1f}), {100 * scores:+.2f}"


def drawn(study, names):
    def mean_db(name, method, samples):
        return np.mean([result.sqnr_db for result in results(study, name, method, samples)])

    series = {
        name: {method: [mean_db(name, method, samples) for samples in counts(study)] for method in METHODS}
        for name in names
    }
    every = [value for lines in series.values() for values in lines.values() for value in values]
    least, most = 10 * np.floor(min(every) / 10), 10 * np.ceil(max(every) / 10)
    labels = [str(samples) for samples in counts(study)]
    return charts.panels("SQNR of the output in dB by samples", series, labels, least, most)


def report(study):
    names = [name for name in study.fashion if name in NETWORKS] or study.fashion[:1]
    rows = [
        (name, method, *(cell(study, name, method, samples) for samples in counts(study)))
        for name in names
        for method in METHODS
    ]
    header = ("network", "method", *(f"{samples} samples" for samples in counts(study)))
    return Section(TEXT.format(seeds=SEEDS, rows=table(header, rows)), {"range_methods": drawn(study, names)})
