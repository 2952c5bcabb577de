"""What one inference costs in counts, which no other process disturbs: instructions and steps.

Instructions are counted by callgrind, whose processor is the same on every machine with AVX2: AVX2 without VNNI. Each
network must cost what counts.json says, to within a twentieth: more is a regression; less is progress, to be written
down there. Run with --write to do that.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

FOLDER = pathlib.Path(__file__).parent
BUILD = pathlib.Path(os.environ["QCONVERT_BUILD"])
TRAINED = FOLDER.parents[1] / "testdata/fashion_mnist"
RECORD = FOLDER / "counts.json"
NETWORKS = ("mobilenet", "resnet")
RUNS = 10
os.environ["ONEDNN_MAX_CPU_ISA"] = "AVX2"  # whatever this machine has, or is told to do without
TOLERANCE = 1 / 20


def convert(name, folder):
    file = folder / f"{name}.tflite"
    flags = ["--data", TRAINED / "calibration", "--mean", "0.286", "--std", "0.353", "-q", "-o", file]
    subprocess.run([BUILD / "bin/qconvert", TRAINED / f"{name}.onnx", *flags], check=True)
    return file


def bench(file, runs):
    return [BUILD / "bin/qeval", "--bench", file, "--threads", "1", "--runs", str(runs), "--json", "-"]


def instructions(file, runs):
    """Of the whole process."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *bench(file, runs)]
    log = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    return int(re.search(r"Collected : (\d+)", log).group(1))


def steps(file):
    report = subprocess.run([*bench(file, 1), "--profile"], check=True, capture_output=True, text=True).stdout
    return sum(step["primitive"] != "" for step in json.loads(report)["steps"])


def measure():
    with tempfile.TemporaryDirectory() as folder:
        counts = {}
        for name in NETWORKS:
            file = convert(name, pathlib.Path(folder))
            more = instructions(file, 1 + RUNS) - instructions(file, 1)
            counts[name] = {"instructions": more // RUNS, "steps": steps(file)}
        return counts


@unittest.skipUnless(re.search(r"\bavx2\b", pathlib.Path("/proc/cpuinfo").read_text()), "a processor without AVX2")
class Counts(unittest.TestCase):
    def test_an_inference_costs_what_is_written_down(self):
        recorded = json.loads(RECORD.read_text())
        for name, counts in measure().items():
            print(f"{name}: {counts['instructions']} instructions, {counts['steps']} steps", file=sys.stderr)
            expected = recorded[name]
            self.assertEqual(counts["steps"], expected["steps"], name)
            self.assertLess(abs(counts["instructions"] / expected["instructions"] - 1), TOLERANCE, name)


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        RECORD.write_text(json.dumps(measure(), indent=2) + "\n")
    else:
        unittest.main()
