"""The published JSON schemas hold for what the executables read and write, and say all of it.

The executables are those of the build in the environment variable QCONVERT_BUILD.
"""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import repository

BIN = pathlib.Path(os.environ["QCONVERT_BUILD"]) / "bin"
SAMPLES = repository.ROOT / "testdata/fashion_mnist"
PICTURES = ["--mean", "0.286", "--std", "0.353"]
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float), "null": type(None)}
NOTES = {"$schema", "title", "description"}


def schema(name):
    return json.loads(repository.text(f"docs/schemas/{name}.json"))


def is_a(value, name):
    return isinstance(value, TYPES[name]) and not (isinstance(value, bool) and name in ("integer", "number"))


def breaches(value, rules, place="report"):
    """What of a JSON value a schema does not allow or does not describe. Knows the keywords of our schemas only."""
    found = []
    for keyword, rule in rules.items():
        if keyword == "type":
            allowed = rule if isinstance(rule, list) else [rule]
            found += [] if any(is_a(value, name) for name in allowed) else [f"{place}: {value!r} is no {rule}"]
        elif keyword in ("enum", "const"):
            found += [] if value in (rule if keyword == "enum" else [rule]) else [f"{place}: {value!r} is not {rule}"]
        elif keyword in ("minimum", "maximum"):
            beyond = value is not None and (value < rule if keyword == "minimum" else value > rule)
            found += [f"{place}: {value} is beyond {rule}"] if beyond else []
        elif keyword == "required":
            found += [f"{place}: no {key}" for key in rule if isinstance(value, dict) and key not in value]
        elif keyword == "properties":
            for key, part in (value or {}).items():
                found += breaches(part, rule[key], f"{place}.{key}") if key in rule else [f"{place}: unknown {key}"]
        elif keyword == "additionalProperties":
            for key, part in (value or {}).items():
                found += breaches(part, rule, f"{place}.{key}") if rule else []
        elif keyword == "items":
            for index, part in enumerate(value):
                found += breaches(part, rule, f"{place}[{index}]")
        elif keyword not in NOTES:
            raise AssertionError(f"{place}: the test does not know the keyword {keyword}")
    return found


class Schemas(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.scratch.name)
        cls.model, cls.file = SAMPLES / "mobilenet.onnx", cls.folder / "m.tflite"
        convert = ["--data", SAMPLES / "calibration", *PICTURES, "--effort", "0", "-q", "-o", cls.file]
        cls.call("qconvert", cls.model, *convert)

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    @classmethod
    def call(cls, name, *arguments):
        return subprocess.run([BIN / name, *map(str, arguments)], capture_output=True, text=True)

    def evaluate(self, *arguments, code=0):
        report = self.folder / "report.json"
        done = self.call("qeval", self.model, self.file, *PICTURES, "-q", "--json", report, *arguments)
        self.assertEqual(done.returncode, code, done.stderr)
        return json.loads(report.read_text())

    def conversion(self, *arguments):
        report = self.folder / "conversion.json"
        done = self.call("qconvert", self.model, "-q", "-o", self.folder / "x.tflite", "--json", report, *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(report.read_text())

    def test_conversions_are_as_their_schema_says(self):
        data = ["--data", SAMPLES / "calibration", *PICTURES]
        for arguments in (
            ["--float", "--layout", "keep"],
            ["--weights-only", "--target", "tflm"],
            [*data, "--samples", 40, "--effort", 2, "--budget", 3, "--exclude", "^/3/Add$", "--min-sqnr", 10],
            [*data, "--samples", 40, "--bits", 4, "--per-layer"],  # which falls short
            [*data, "--search", "--min-sqnr", 5, "--budget", 3, "--precisions", "int8,float32"],
            [*data, "--samples", 40, "--wide", "^/3/Add$"],
        ):
            self.assertEqual(breaches(self.conversion(*arguments), schema("qconvert-report")), [])

    def test_reports_are_as_their_schema_says(self):
        labels = ["--labels", SAMPLES / "labels.csv"]
        metric = ["--metric-command", "echo 1 2 #", "--min-metric", 0]
        runs = [
            (0, ["--data", SAMPLES / "images", "--samples", 60, *labels, "--layers", "--min-sqnr", 5, "--min-top1", 50]),
            (1, ["--data", SAMPLES / "images", "--samples", 60, "--min-sqnr", 90]),
            (6, ["--data", SAMPLES / "images", "--samples", 60, "--min-agreement", 99.9, *metric]),
            (0, ["--data", SAMPLES / "images", "--samples", 8, "--max-latency-ratio", 1000]),
            (3, ["--data", self.folder / "none"]),
        ]
        for code, arguments in runs:
            report = self.evaluate(*arguments, code=code)
            self.assertEqual(report["exit_code"], code)
            self.assertEqual(breaches(report, schema("qeval-report")), [])

    def test_the_check_finds_what_a_schema_does_not_allow(self):
        report = self.evaluate("--data", SAMPLES / "images", "--samples", 8, "--min-sqnr", 5)
        report["gates"][0]["verdict"] = "perhaps"
        report["samples"] = -1
        report["new"] = 1
        del report["data"]
        found = " ".join(breaches(report, schema("qeval-report")))
        for part in ("gates[0].verdict: 'perhaps'", "samples: -1", "unknown new", "no data"):
            self.assertIn(part, found)

    def test_the_recipe_of_a_search_is_as_its_schema_says(self):
        recipe = self.folder / "recipe.json"
        search = ["--search", "--min-sqnr", 5, "--budget", 4, "--precisions", "int8,float32", "--save-recipe", recipe]
        data = ["--data", SAMPLES / "calibration", *PICTURES, "-q", "-o", self.folder / "searched.tflite"]
        done = self.call("qconvert", self.model, *search, *data)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(breaches(json.loads(recipe.read_text()), schema("recipe")), [])

    def test_limits_are_those_of_the_options(self):
        properties = schema("gates")["properties"]
        known = re.findall(r"--((?:min|max)-[a-z0-9-]+) ", self.call("qeval", "--help").stdout)
        self.assertEqual(sorted(properties), sorted({"$schema", *known}))
        gates = self.folder / "gates.json"
        for name, rules in properties.items():
            for limit in [rules[end] + step for end, step in (("minimum", -1), ("maximum", 1)) if end in rules]:
                gates.write_text(json.dumps({"$schema": "docs/schemas/gates.json", name: limit}))
                needs = ["--labels", SAMPLES / "labels.csv", "--metric-command", "true"]
                done = self.call("qeval", self.model, self.file, "--data", SAMPLES / "images", *needs, "--gates", gates)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(f"--{name} {limit} cannot be", done.stderr)


if __name__ == "__main__":
    unittest.main()
