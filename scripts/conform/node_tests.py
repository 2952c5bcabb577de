"""Judges one node test: converts it to float and to int8, and runs both files in LiteRT and in our runner."""

import dataclasses
import json
import re
import subprocess

import numpy as np
import onnx

from bench.setup import import_peers
from conform.vectors import widened

peers = import_peers()

FLOAT_BOUND = 1e-4  # of the output's range, for functions that LiteRT approximates
STEPS = 2  # that our reference kernels may be from LiteRT's, where several operators follow each other
NODE = re.compile(r"^ *node '.*?' \((?P<kind>[^)]*)\): (?P<reason>.*)$", re.MULTILINE)


@dataclasses.dataclass
class Outcome:
    """What became of one case; of its two forms the better one."""

    name: str
    operator: str
    right: bool = False  # the float file, in LiteRT
    refused: str = ""  # why it was not converted
    wrong: str = ""  # what is wrong with the file
    ours_right: bool = False  # the float file, by our reference kernels
    agrees: bool = True  # LiteRT and our runner, on every file that was made
    integer: bool = False  # no operator of the int8 file is float
    decibels: float = None  # of the int8 file in LiteRT; None: no real outputs, or not converted
    int8_refused: str = ""


def judge(case, folder, worker):
    """Runs both forms of a case in a folder of its own."""
    found = [judge_form(case, form, model, inputs, folder / form, worker) for form, model, inputs in case.forms()]
    wrong = next((outcome for outcome in found if outcome.wrong), None)
    return wrong or max(found, key=lambda one: (one.right, one.integer, one.decibels or 0))


def judge_form(case, form, model, inputs, folder, worker):
    outcome = Outcome(case.name, case.operator)
    folder.mkdir(parents=True)
    onnx.save(model, folder / "model.onnx")
    names = [value.name for value in model.graph.input]
    given = {name: widened(array) for name, array in zip(names, inputs)}
    outcome.refused = convert(folder, "float", "--float")
    if outcome.refused:
        return outcome
    outputs = [value.name for value in model.graph.output]
    ours = our_outputs(folder / "float.tflite", given)
    outcome.ours_right = ours is not None and not difference(case, ours)
    try:
        found = worker.run(folder / "float.tflite", given)
        outcome.wrong = difference(case, [found.get(name) for name in outputs])
        outcome.right = not outcome.wrong
        outcome.agrees = agrees(ours, [found[name] for name in outputs], 1e-6, share=FLOAT_BOUND)
    except RuntimeError as error:
        outcome.wrong = str(error)
    if any(array.dtype.kind == "f" and array.size > 1 for array in case.outputs):
        judge_int8(case, outcome, folder, given, outputs, worker)
    return outcome


def judge_int8(case, outcome, folder, given, outputs, worker):
    np.savez(folder / "data.npz", **{name: array[None] for name, array in given.items()})
    outcome.int8_refused = convert(folder, "int8", "--data", folder / "data.npz")
    if outcome.int8_refused:
        return
    report = json.loads((folder / "int8.json").read_text())
    outcome.integer = report["integer_nodes"] > 0 and not report["float_nodes"]
    try:
        found = worker.run(folder / "int8.tflite", given)
        step = peers.LiteRt(folder / "int8.tflite", peers.DEFAULT).largest_scale()
        ours = our_outputs(folder / "int8.tflite", given)
        outcome.agrees &= agrees(ours, [found[name] for name in outputs], STEPS * step + 1e-6)
    except RuntimeError as error:
        outcome.wrong = f"int8: {error}"
        return
    outcome.decibels = decibels([found[name] for name in outputs], case.outputs)


def convert(folder, name, *flags):
    """Makes NAME.tflite; returns the reason if the model is refused."""
    command = [peers.BUILD / "bin/qconvert", folder / "model.onnx", "-o", folder / f"{name}.tflite", "-q",
               "--layout", "keep", "--json", folder / f"{name}.json", *flags]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    return "" if done.returncode == 0 else reason(done.stderr, done.returncode)


def reason(text, code):
    """The first node's operator and reason, or the message without its path."""
    node = NODE.search(text)
    if node:
        return f"{node['kind']}: {node['reason']}"
    lines = [line for line in text.strip().splitlines() if line.startswith("error:")]
    return re.sub(r"^error: \S*/model\.onnx: ", "", lines[0]) if lines else f"exit {code}"


def difference(case, results):
    """What is wrong with the results; nothing when they are right."""
    for expected, result in zip(case.outputs, results, strict=True):
        if result is None:
            return "an output is missing"
        if result.shape != expected.shape:
            return f"shape {result.shape}, expected {expected.shape}"
        a, b = finite(result), finite(expected)
        bound = max(case.absolute, FLOAT_BOUND * span(b)) if result.dtype.kind == "f" else 0
        if not np.allclose(a, b, case.relative, bound, equal_nan=True):
            return "wrong values"
    return ""


def finite(values):
    """Infinite values as the largest ones: LiteRT's sums and products end there."""
    limit = np.finfo(np.float32).max
    return np.clip(values.astype(np.float64), -limit, limit) if values.dtype.kind == "f" else values.astype(np.float64)


def span(values):
    inner = values[np.abs(values) < np.finfo(np.float32).max]
    return np.ptp(inner) if inner.size else 0


def our_outputs(file, given):
    """What our reference kernels give; None without inputs, which count the samples that they run."""
    if not given:
        return None
    folder = file.with_suffix("")
    folder.mkdir()
    (folder / "model.tflite").symlink_to(file)
    peers.write_inputs(folder, inputs_in_order(peers.LiteRt(file, peers.DEFAULT), given))
    peers.run_ours("reference", [folder])
    return [array[0] for array in peers.our_outputs("reference", folder)]


def agrees(ours, theirs, bound, share=0):
    """Whether our kernels give what LiteRT gave, within a bound and a share of the largest value, where they ran."""
    for a, b in zip(map(finite, ours or theirs), map(finite, theirs), strict=True):
        largest = np.abs(b[np.abs(b) < np.finfo(np.float32).max]).max(initial=0)
        if not np.allclose(a, b, 1e-5, bound + share * largest, equal_nan=True):
            return False
    return True


def inputs_in_order(model, given):
    return [given[re.sub(r"^.*?_?([^:]*)(:\d+)?$", r"\1", details["name"])].reshape(1, *details["shape"])
            .astype(details["dtype"]) for details in model.inputs]


def decibels(results, expected):
    pairs = [(np.asarray(b, np.float64), a) for a, b in zip(results, expected) if a.dtype.kind == "f"]
    pairs = [(b.ravel(), a.astype(np.float64).ravel()) for b, a in pairs]
    finite = [(b[ok], a[ok]) for b, a in pairs for ok in [np.isfinite(b)]]
    noise = sum(np.square(a - b).sum() for b, a in finite)
    signal = sum(np.square(b).sum() for b, _ in finite)
    return 10 * np.log10(max(signal, 1e-30) / max(noise, 1e-30 * max(signal, 1e-30)))
