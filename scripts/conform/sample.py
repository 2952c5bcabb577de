"""What was found last, kept in testdata/conformance.json, and a seeded part of it measured anew."""

import json
import random

from bench.setup import ROOT
from conform import architectures, node_tests, vectors
from conform.litert_worker import Worker

RECORD = ROOT / "testdata/conformance.json"
NOISE_DB = 1  # processors round float sums of the calibration differently


def record(outcomes, rows):
    """Keeps which cases are not right, and what the networks that need no torch came to."""
    notes = {outcome.name: "refused" if outcome.refused else "wrong" for outcome in outcomes if not outcome.right}
    notes |= {outcome.name: "disagrees" for outcome in outcomes if outcome.right and not outcome.agrees}
    networks = {row.name: {"refused": bool(row.refused or row.int8_refused), "transposes": row.transposes,
                           "islands": row.islands, "decibels": row.decibels and round(row.decibels, 1)}
                for row in rows if row.what != "torchvision"}
    RECORD.write_text(json.dumps({"cases": notes, "networks": networks}, indent=1, sort_keys=True) + "\n")


def differences(cases, networks, seed, folder):
    """What is worse than recorded, one sentence each; as many cases and networks as said, chosen by the seed."""
    recorded, choice = json.loads(RECORD.read_text()), random.Random(seed)
    worker = Worker()
    try:
        for case in choice.sample(vectors.collect()[0], cases):
            outcome = node_tests.judge(case, folder / case.name, worker)
            yield from worse_case(outcome, recorded["cases"].get(case.name))
    finally:
        worker.close()
    known = [one for one in architectures.all_architectures() if one.what != "torchvision"]
    for one in choice.sample(known, networks):
        yield from worse_network(one.row(folder / one.name), recorded["networks"][one.name])


def worse_case(outcome, known):
    if outcome.wrong and known != "wrong":
        yield f"{outcome.name}: {outcome.wrong}"
    elif outcome.refused and known is None:
        yield f"{outcome.name} was right and is refused: {outcome.refused}"
    elif not outcome.agrees and known is None:
        yield f"{outcome.name}: LiteRT and our runner differ"


def worse_network(row, known):
    if row.refused or row.int8_refused:
        if not known["refused"]:
            yield f"{row.name} was converted and is refused: {row.refused or row.int8_refused}"
        return
    if known["refused"]:
        return
    for what in ("transposes", "islands"):
        if getattr(row, what) > known[what]:
            yield f"{row.name}: {getattr(row, what)} {what} instead of {known[what]}"
    if row.decibels < known["decibels"] - NOISE_DB:
        yield f"{row.name}: {row.decibels:.1f} dB instead of {known['decibels']}"
