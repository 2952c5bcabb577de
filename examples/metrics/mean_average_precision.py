#!/usr/bin/env python3
"""Mean average precision of a detector at an intersection over union of 0.5, in percent.

usage: mean_average_precision.py TRUTH.json DIR

TRUTH.json maps the name of a sample to its objects: [[class, x1, y1, x2, y2], ...]. Output 0 of the network has the boxes,
[boxes, 4] a sample; output 1 the scores, [boxes, classes] a sample, behind non-maximum suppression or with one winner a box.

    qeval model.onnx model.tflite --data val/ --metric-command 'mean_average_precision.py truth.json' --max-metric-drop 1
"""

import json
import sys

import numpy as np

from dump import Dump, print_metric

LEAST_SCORE = 0.05
LEAST_OVERLAP = 0.5


def overlaps(box, boxes):
    """Intersection over union of a box [4] with boxes [n, 4]."""
    corner, far = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    common = np.clip(far - corner, 0, None).prod(1)
    return common / ((box[2:] - box[:2]).prod() + (boxes[:, 2:] - boxes[:, :2]).prod(1) - common)


def judged(boxes, scores, objects):
    """The detections of one sample as (class, score, whether it is right), the best first: each object is found once."""
    classes, free, result = scores.argmax(1), np.ones(len(objects), bool), []
    for i in np.argsort(-scores.max(1), kind="stable"):
        if scores[i].max() < LEAST_SCORE:
            break
        match = np.where(free & (objects[:, 0] == classes[i]), overlaps(boxes[i], objects[:, 1:]), 0)
        right = len(objects) > 0 and match.max() >= LEAST_OVERLAP
        if right:
            free[match.argmax()] = False
        result.append((classes[i], scores[i].max(), right))
    return np.array(result, float).reshape(-1, 3)


def average_precision(detections, objects):
    """The area under the precision, which is made to fall, over the recall."""
    right = detections[np.argsort(-detections[:, 1], kind="stable"), 2]
    found = np.cumsum(right)
    precision = np.maximum.accumulate((found / np.arange(1, len(right) + 1))[::-1])[::-1]
    return (precision * right).sum() / objects


def main(truth, folder):
    dump = Dump(folder)
    with open(truth, encoding="utf-8") as file:
        truth = json.load(file)
    objects = [np.array(truth[name], float).reshape(-1, 5) for name in dump.samples]

    def metric_of(outputs):
        detections = [judged(np.asarray(boxes), np.asarray(scores), each) for boxes, scores, each in zip(*outputs[:2], objects)]

        def metric(chosen):
            found, wanted = np.concatenate([detections[i] for i in chosen]), np.concatenate([objects[i][:, 0] for i in chosen])
            return 100 * np.mean([average_precision(found[found[:, 0] == one], (wanted == one).sum()) for one in np.unique(wanted)])

        return metric

    print_metric(dump, metric_of)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
