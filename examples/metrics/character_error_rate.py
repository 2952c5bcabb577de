#!/usr/bin/env python3
"""Character error rate, in percent, of a text recognizer with CTC outputs.

usage: character_error_rate.py TRUTH.csv ALPHABET.txt DIR

TRUTH.csv has the columns `file` and `text`. ALPHABET.txt has a character a line; class 0 is CTC's blank, class i the
character on line i. The first output of the network has the scores: [steps, classes] a sample.

    qeval model.onnx model.tflite --data words/ --metric-command 'character_error_rate.py truth.csv alphabet.txt' --max-metric-rise 0.5
"""

import csv
import sys

import numpy as np

from dump import Dump, print_metric


def decoded(scores, alphabet):
    """The likeliest text: repeated classes count once, blanks not at all."""
    classes = scores.argmax(-1)
    kept = np.flatnonzero((classes != 0) & (classes != np.roll(classes, 1)) | ((np.arange(len(classes)) == 0) & (classes != 0)))
    return "".join(alphabet[classes[i] - 1] for i in kept)


def distance(first, second):
    """Levenshtein's: the fewest insertions, deletions and replacements."""
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        previous, row[0] = row[0], i
        for k, b in enumerate(second, 1):
            previous, row[k] = row[k], min(row[k] + 1, row[k - 1] + 1, previous + (a != b))
    return row[-1]


def main(truth, alphabet, folder):
    dump = Dump(folder)
    with open(truth, newline="", encoding="utf-8") as file:
        texts = {row["file"]: row["text"] for row in csv.DictReader(file)}
    with open(alphabet, encoding="utf-8") as file:
        alphabet = [line.rstrip("\n") for line in file]
    wanted = [texts[name] for name in dump.samples]
    lengths = np.array([len(text) for text in wanted])

    def metric_of(outputs):
        errors = np.array([distance(decoded(np.asarray(scores), alphabet), text) for scores, text in zip(outputs[0], wanted)])
        return lambda chosen: 100 * errors[chosen].sum() / lengths[chosen].sum()

    print_metric(dump, metric_of)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
