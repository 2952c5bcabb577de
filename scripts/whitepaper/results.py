"""What was measured, kept as one JSON file per network and command, so that a study that stopped goes on."""

import base64
import dataclasses
import hashlib
import json
import math
import os
import zlib

import numpy as np


@dataclasses.dataclass(frozen=True)
class Result:
    scores: np.ndarray  # [samples], 0 to 1
    sqnr_db: float  # of the output against the float network's
    agreement: float  # share of samples, or of pixels, that are answered as by the float network
    file_bytes: float  # what a file takes; of a simulation the weights alone
    training: dict | None = None  # of a trained file, as training.py tells it


class Results:
    def __init__(self, folder):
        self.folder = folder

    def get(self, network, key, measure):
        """The result under a network and a tuple of texts; measured unless it is there."""
        digest = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:20]
        path = self.folder / network / f"{digest}.json"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            beside = path.with_suffix(f".{os.getpid()}.tmp")
            beside.write_text(json.dumps({"command": key[0], **written(measure())}))
            os.replace(beside, path)
        return read(json.loads(path.read_text()))


def written(result):
    """As JSON, which has no infinity."""
    packed = base64.b64encode(zlib.compress(result.scores.astype("<f4").tobytes())).decode()
    sqnr_db = None if math.isinf(result.sqnr_db) else result.sqnr_db
    return {**dataclasses.asdict(result), "scores": packed, "sqnr_db": sqnr_db}


def read(document):
    scores = np.frombuffer(zlib.decompress(base64.b64decode(document["scores"])), "<f4")
    sqnr_db = math.inf if document["sqnr_db"] is None else document["sqnr_db"]
    figures = (document["agreement"], document["file_bytes"], document.get("training"))
    return Result(scores.astype(np.float64), sqnr_db, *figures)
