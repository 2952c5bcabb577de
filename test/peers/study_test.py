"""The study's arithmetic against values made by hand: intervals, quantizers, folding, simulation, the patient."""

import pathlib
import sys
import tempfile
import unittest

import numpy as np
import onnx
from onnx import helper, numpy_helper

import peers

sys.path.insert(0, str(peers.ROOT / "scripts"))
from whitepaper import affine, charts, folding, intervals, patient, results, simulation  # noqa: E402
from zoo import silhouettes  # noqa: E402


def network(*, groups=1):
    """Conv 1x1, batch norm, ReLU, Conv 1x1 of two channels; random constants."""
    rng = np.random.default_rng(0)
    constants = {
        "w": rng.normal(size=(2, 2, 1, 1)),
        "gamma": [0.5, 2],
        "beta": [0.1, -0.2],
        "mean": [0.3, -0.1],
        "variance": [4, 0.25],
        "v": rng.normal(size=(2, 2 // groups, 1, 1)),
    }
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"]),
        helper.make_node("BatchNormalization", ["a", "gamma", "beta", "mean", "variance"], ["b"], epsilon=0.0),
        helper.make_node("Relu", ["b"], ["c"]),
        helper.make_node("Conv", ["c", "v"], ["y"], group=groups),
    ]
    tensors = [numpy_helper.from_array(np.float32(values), name) for name, values in constants.items()]
    x, y = (helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["n", 2, 1, 1]) for name in "xy")
    graph = helper.make_graph(nodes, "g", [x], [y], tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def samples(count):
    return np.random.default_rng(1).normal(size=(count, 2, 1, 1)).astype(np.float32)


class Intervals(unittest.TestCase):
    def test_wilson_is_the_textbook_interval(self):
        low, high = intervals.wilson(81, 263)
        self.assertAlmostEqual(low, 0.2553, 4)
        self.assertAlmostEqual(high, 0.3662, 4)
        self.assertEqual(round(intervals.wilson(0, 10)[0], 12), 0)

    def test_a_paired_difference_counts_only_answers_that_changed(self):
        mean, margin = intervals.paired(np.array([1, 1, 0, 0]), np.array([1, 0, 0, 0]))
        self.assertAlmostEqual(mean, 0.25)
        self.assertAlmostEqual(margin, 1.959964 * np.sqrt(3 / 16) / 2)


class Quantizers(unittest.TestCase):
    def test_asymmetric_steps_include_zero(self):
        values = np.array([2.0, 3.5, 5.0])
        quantized = affine.asymmetric(values, 2.0, 3.5, 3)  # relaxed to 0 to 3.5: steps of 0.5
        np.testing.assert_array_equal(quantized, np.float32([2.0, 3.5, 3.5]))

    def test_symmetric_steps_are_as_many_below_zero_as_above(self):
        quantized = affine.symmetric(np.array([-9.0, -1.1, 0.4, 7.0]), 7.0, 4)  # -7 to 7 in steps of 1
        np.testing.assert_array_equal(quantized, np.float32([-7, -1, 0, 7]))

    def test_channels_have_ranges_of_their_own(self):
        values = np.array([[7.0, 1.2], [0.07, 0.012]])
        per_channel = affine.weights(values, 4, "symmetric", axis=0)
        np.testing.assert_allclose(per_channel, [[7, 1], [0.07, 0.01]], rtol=1e-6)
        np.testing.assert_array_equal(affine.weights(values, 4, "symmetric"), np.float32([[7, 1], [0, 0]]))

    def test_stochastic_rounding_has_no_bias(self):
        rounded = affine.stochastic(0)(np.full(10000, 0.3))
        self.assertEqual(set(rounded), {0.0, 1.0})
        self.assertAlmostEqual(rounded.mean(), 0.3, delta=5 * np.sqrt(0.21 / 10000))

    def test_sqnr_is_in_decibels(self):
        self.assertAlmostEqual(affine.sqnr_db([3.0, 4.0], [3.0, 4.5]), 20)


class Simulation(unittest.TestCase):
    def test_folding_changes_nothing(self):
        x = samples(8)
        folded = folding.folded(network())
        self.assertEqual([node.op_type for node in folded.graph.node], ["Conv", "Relu", "Conv"])
        for ours, wanted in zip(simulation.run(folded, x), simulation.run(network(), x), strict=True):
            np.testing.assert_allclose(ours, wanted, rtol=1e-5, atol=1e-6)

    def test_it_rounds_the_input_and_each_result_behind_its_activation(self):
        folded = folding.folded(network())
        self.assertEqual(simulation.points(folded), ["x", "c", "y"])

    def test_simulated_activations_are_those_of_the_quantizer(self):
        x = samples(8)
        folded = folding.folded(network())
        limits = {"x": (-1.0, 2.0), "c": (0.0, 1.5), "y": (-0.5, 1.0)}
        known = folding.initializers(folded)
        a = affine.asymmetric(x, *limits["x"], 4)[:, :, 0, 0] @ known["w"][:, :, 0, 0].T + known["w.folded_bias"]
        c = affine.asymmetric(np.maximum(a, 0), *limits["c"], 4)
        y = affine.asymmetric(c @ known["v"][:, :, 0, 0].T, *limits["y"], 4)
        (simulated,) = simulation.run(simulation.with_activations(folded, limits, 4), x)
        np.testing.assert_allclose(simulated[:, :, 0, 0], y, rtol=1e-5, atol=1e-6)


class Patient(unittest.TestCase):
    def test_float_results_stay_the_same_and_ranges_do_not(self):
        for groups in (1, 2):
            with self.subTest(groups=groups):
                healthy, x = network(groups=groups), samples(8)
                sick = patient.scaled(healthy)
                self.assertFalse(np.array_equal(folding.initializers(sick)["v"], folding.initializers(healthy)["v"]))
                np.testing.assert_allclose(simulation.run(sick, x)[0], simulation.run(healthy, x)[0], rtol=1e-6)


class Silhouettes(unittest.TestCase):
    def test_a_dark_spot_within_a_garment_is_garment_and_a_bay_is_not(self):
        garment = np.array([[0, 99, 99, 99], [0, 99, 0, 99], [0, 99, 99, 99], [99, 0, 0, 99]], np.uint8)
        wanted = [[0, 1, 1, 1], [0, 1, 1, 1], [0, 1, 1, 1], [1, 0, 0, 1]]
        np.testing.assert_array_equal(silhouettes.silhouettes(garment[None])[0], np.array(wanted, bool))


class Documents(unittest.TestCase):
    def test_a_result_is_measured_once(self):
        result = results.Result(np.array([0, 1, 0.5]), float("inf"), 0.9, 12.0)
        with tempfile.TemporaryDirectory() as folder:
            store = results.Results(pathlib.Path(folder))
            for measure in (lambda: result, lambda: self.fail("measured twice")):
                read = store.get("network", ("command", 1), measure)
                np.testing.assert_array_equal(read.scores, result.scores)
                self.assertEqual((read.sqnr_db, read.file_bytes), (float("inf"), 12.0))

    def test_a_chart_places_values_on_its_axis(self):
        up = charts.Scale(0, 10, 100, 0)
        self.assertEqual([up.at(value) for value in (0, 5, 10, 20)], [100, 50, 0, 0])
        picture = charts.panels("title", {"network": {"a": [1, 2], "b": [3, 4]}}, ["8", "4"], 0, 10)
        self.assertEqual(picture.count("<polyline"), 2 + len(up.ticks()))

    def test_labels_of_dots_on_one_place_do_not_overlap(self):
        taken = []
        for word in ("one", "two", "three", "four"):
            list(charts.tag((100, 100), word, taken, (0, 0, 200, 200)))
        self.assertEqual(len(taken), 4)
        for place, label in enumerate(taken):
            self.assertFalse(any(charts.overlap(label, other) for other in taken[:place]))


if __name__ == "__main__":
    unittest.main()
