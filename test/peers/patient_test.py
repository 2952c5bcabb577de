"""A network whose channels were scaled by powers of two: int8 per layer collapses, and --effort 2 cures it.

The scales change no float result (scripts/make_patient.py). No labels are given to qconvert. LiteRT runs its files on
pictures with labels, and ONNX Runtime the float network.
"""

import csv
import json
import unittest

import numpy as np

import peers

PATIENT = peers.FASHION / "patient_bn.onnx"
LEAST_DROP = 0.5  # a share of right answers: without treatment nearly every class is confused
MOST_DROP = 0.01


def labels():
    with open(peers.FASHION / "labels.csv") as file:
        return np.array([int(row["label"]) for row in csv.DictReader(file)])


class Patient(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = peers.fresh_folder("patient")
        cls.wanted = labels()
        cls.pictures = peers.fashion_pictures(len(cls.wanted))
        cls.float_share = cls.right(peers.run_onnxruntime(PATIENT, [cls.pictures])[0])

    @classmethod
    def right(cls, outputs):
        """Share of pictures whose largest output is their label's."""
        return np.mean(outputs.reshape(len(cls.wanted), -1).argmax(1) == cls.wanted)

    def lost(self, *flags):
        """Share of right answers that the file has less than the float network, and qconvert's summary."""
        file, summary = self.folder / "model.tflite", self.folder / "summary.json"
        peers.qconvert(PATIENT, file, "--per-layer", *flags, "--json", summary, *peers.FASHION_FLAGS)
        model = peers.LiteRt(file, peers.DEFAULT)
        (outputs,) = model.run(model.as_inputs([self.pictures]))
        return self.float_share - self.right(outputs), json.loads(summary.read_text())

    def test_int8_per_layer_collapses(self):
        self.assertGreater(self.lost("--effort", "0")[0], LEAST_DROP)

    def test_effort_2_cures_it_and_says_how(self):
        lost, summary = self.lost("--effort", "2")
        self.assertLessEqual(lost, MOST_DROP)
        self.assertIn("--equalize", [trial["flag"] for trial in summary["treatment"]["trials"] if trial["kept"]])


if __name__ == "__main__":
    unittest.main()
