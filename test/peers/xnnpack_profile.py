"""What `qconvert --target xnnpack` says of a file, beside which of its operators LiteRT's XNNPACK delegate takes."""

import collections
import json

import peers

SUMMARY = "summary.json"  # in the folder of a file that was converted with the flags


def flags(folder):
    return ("--target", "xnnpack", "--json", folder / SUMMARY)


def places_taken(operators):
    """Where operators stand that a delegate replaces: between the tensors that it reads and those that it writes."""
    producers = {tensor: operator for operator in operators if operator["op_name"] != "DELEGATE"
                 for tensor in operator["outputs"]}
    taken = set()
    for delegate in (operator for operator in operators if operator["op_name"] == "DELEGATE"):
        seen, waiting = set(delegate["inputs"]), list(delegate["outputs"])
        while waiting:
            tensor = waiting.pop()
            if tensor not in seen and tensor in producers:
                taken.add(producers[tensor]["index"])
                waiting += producers[tensor]["inputs"].tolist()
            seen.add(tensor)
    return taken


def left_by_litert(file):
    """How many operators of each kind are left to LiteRT's own kernels."""
    operators = peers.LiteRt(file, peers.XNNPACK).interpreter._get_ops_details()
    taken = places_taken(operators)
    return collections.Counter(operator["op_name"] for operator in operators
                               if operator["op_name"] != "DELEGATE" and operator["index"] not in taken)


def left_by_profile(summary):
    """The same as a conversion says it."""
    left = collections.Counter()
    for group in json.loads(summary.read_text())["target"]["unfit"]:
        left[group["kind"]] += len(group["nodes"])
    return left


def require_true(folder):
    """Requires that the two agree on the file of a folder."""
    profile, litert = left_by_profile(folder / SUMMARY), left_by_litert(folder / "model.tflite")
    if profile != litert:
        raise AssertionError(f"LiteRT runs {dict(litert)} beside XNNPACK; the profile says {dict(profile)}")
