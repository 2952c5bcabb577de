"""The options of our own commands: what they accept, refuse and report.

The executables are those of the build in the environment variable QCONVERT_BUILD.
"""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import repository

QCONVERT = pathlib.Path(os.environ["QCONVERT_BUILD"]) / "bin/qconvert"
SAMPLES = repository.ROOT / "testdata/fashion_mnist"
USAGE = 2


def convert(*flags):
    """The finished process of a small conversion, and its report."""
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.json"
        command = [QCONVERT, SAMPLES / "mobilenet.onnx", "--data", SAMPLES / "calibration", "--samples", "2"]
        command += ["-o", f"{folder}/out.tflite", "--json", report, *flags]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        return done, json.loads(report.read_text()) if done.returncode == 0 else None


class CalibrationPrecision(unittest.TestCase):
    def test_is_float32_unless_told_otherwise(self):
        for flags in [], ["--calibration-precision", "float32"]:
            _, report = convert(*flags)
            self.assertEqual(report["calibration_precision"], "float32")
            self.assertNotIn("bf16", report["calibration"])
            self.assertEqual(report["warnings"], [])

    def test_is_bf16_or_says_why_not(self):
        done, report = convert("--calibration-precision", "bf16")
        used = report["calibration_precision"] == "bf16"
        self.assertEqual("warning: this processor has no instructions for bf16" in done.stderr, not used)
        self.assertEqual("bf16" in report["calibration"], used)

    def test_anything_else_is_refused(self):
        done, _ = convert("--calibration-precision", "fp8")
        self.assertEqual(done.returncode, USAGE)
        self.assertRegex(done.stderr, "--calibration-precision: fp8 not in {.*}")


if __name__ == "__main__":
    unittest.main()
