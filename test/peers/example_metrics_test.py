"""The example metrics give what is computed by hand, and qeval takes them."""

import csv
import json
import subprocess
import sys
import unittest

import numpy as np

import peers

METRICS = peers.ROOT / "examples/metrics"


def write_dump(folder, reference, candidate, draws):
    """Writes outputs, lists of [samples, ...], as qeval does."""
    outputs = []
    for k, pair in enumerate(zip(reference, candidate)):
        names = {"name": f"y{k}", "reference": f"reference_{k}.npy", "candidate": f"candidate_{k}.npy"}
        np.save(folder / names["reference"], np.array(pair[0], np.float32))
        np.save(folder / names["candidate"], np.array(pair[1], np.float32))
        outputs.append(names)
    np.save(folder / "draws.npy", np.array(draws, np.int32))
    samples = [f"{i}.png" for i in range(len(reference[0]))]
    (folder / "outputs.json").write_text(json.dumps({"outputs": outputs, "samples": samples, "draws": "draws.npy"}))


def run(*command):
    done = subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True, check=True)
    return [[float(word) for word in line.split()] for line in done.stdout.splitlines()]


class ExampleMetrics(unittest.TestCase):
    def setUp(self):
        self.folder = peers.fresh_folder("example_metrics")

    def test_character_error_rate(self):
        steps = {"ab": [1, 1, 0, 2, 0], "aa": [1, 0, 1, 1, 0], "b": [0, 2, 2, 0, 0], "": [0] * 5}
        scores = {text: np.eye(3)[classes] for text, classes in steps.items()}
        (self.folder / "alphabet.txt").write_text("a\nb\n")
        with open(self.folder / "truth.csv", "w", newline="") as file:
            csv.writer(file).writerows([("file", "text"), ("0.png", "ab"), ("1.png", "aa")])
        # The reference reads both; the candidate loses "a" of the first and both of the second: 3 of 4.
        write_dump(self.folder, [[scores["ab"], scores["aa"]]], [[scores["b"], scores[""]]], [[0, 0], [1, 1]])
        printed = run(METRICS / "character_error_rate.py", self.folder / "truth.csv", self.folder / "alphabet.txt", self.folder)
        self.assertEqual(printed, [[0, 75], [0, 50], [0, 100]])

    def test_mean_average_precision(self):
        right, wrong = [0, 0, 10, 10], [20, 20, 30, 30]
        (self.folder / "truth.json").write_text(json.dumps({"0.png": [[0, *right]], "1.png": [[1, *right]]}))
        boxes, scores = [[right, wrong]] * 2, [[[0.9, 0.1], [0.01, 0]], [[0.1, 0.8], [0.02, 0]]]
        # The candidate takes a wrong box of class 1 for the likeliest, so its precision there is a half.
        worse = [scores[0], [[0.1, 0.8], [0.0, 0.9]]]
        write_dump(self.folder, [boxes, scores], [boxes, worse], [[0, 0], [1, 1]])
        printed = run(METRICS / "mean_average_precision.py", self.folder / "truth.json", self.folder)
        self.assertEqual(printed, [[100, 75], [100, 100], [100, 50]])

    def test_qeval_judges_by_a_command(self):
        model, file = peers.FASHION / "resnet.onnx", self.folder / "resnet.tflite"
        peers.qconvert(model, file, "--data", peers.FASHION / "calibration", "--mean", "0.286", "--std", "0.353")
        pictures = ["--data", peers.FASHION / "images", "--mean", "0.286", "--std", "0.353", "--samples", "20"]
        script = self.folder / "mean.py"
        script.write_text(
            f"import sys; sys.path.insert(0, {str(METRICS)!r})\n"
            "from dump import Dump, print_metric\n"
            "print_metric(Dump(sys.argv[1]), lambda outputs: lambda chosen: abs(outputs[0][chosen]).mean())\n"
        )
        command = ["qeval", model, file, *pictures, "--metric-command", f"{sys.executable} {script}"]
        for limit, code in ("0.5", 0), ("-0.5", 1):
            done = subprocess.run([peers.BUILD / "bin" / command[0], *command[1:], "--max-metric-drop", limit], capture_output=True, text=True)
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
