"""The options of our own commands: what they accept, refuse and report.

The executables are those of the build in the environment variable QCONVERT_BUILD.
"""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import repository

QCONVERT = pathlib.Path(os.environ["QCONVERT_BUILD"]) / "bin/qconvert"
SAMPLES = repository.ROOT / "testdata/fashion_mnist"
GATE_FAILED, USAGE, UNDECIDED = 1, 2, 6


def convert(*flags):
    """The finished process of a small conversion, and its report."""
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.json"
        command = [QCONVERT, SAMPLES / "mobilenet.onnx", "--data", SAMPLES / "calibration"]
        command += [] if "--samples" in flags else ["--samples", "2"]
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


class Check(unittest.TestCase):
    def test_a_good_file_is_written_without_a_word(self):
        done, report = convert("--samples", "16", "--min-sqnr", "10", "--min-correlation", "0.9", "--min-agreement", "50")
        self.assertEqual(done.stderr, "")
        self.assertTrue(all(gate["passed"] for gate in report["check"]["gates"]))
        self.assertIsNone(report["check"]["next"])

    def test_a_failed_gate_ends_with_1_and_says_the_next_step(self):
        done, _ = convert("--samples", "8", "--min-sqnr", "60", "--effort", "0")
        self.assertEqual(done.returncode, GATE_FAILED)
        self.assertRegex(done.stderr, r"error: .*a gate failed: SQNR \(dB\) .* \(limit 60\)\n")
        self.assertIn("next: --effort 1", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_too_few_samples_end_with_6_and_say_how_many_would_decide(self):
        done, _ = convert("--min-agreement", "95")
        self.assertEqual(done.returncode, UNDECIDED)
        self.assertRegex(done.stderr, r"2 samples leave a gate undecided: agreement \(%\) .*: about 7\d samples like these")
        done, report = convert("--min-agreement", "95", "--allow-undecided")
        self.assertIn("warning: undecided: agreement (%) 100, 95 % interval 15.81 to 100 (limit 95)", done.stderr)
        self.assertEqual(report["check"]["gates"][0]["verdict"], "undecided")
        self.assertFalse(report["check"]["gates"][0]["passed"])

    def test_the_flag_that_is_printed_can_be_pasted(self):
        given = ("--samples", "32", "--bias-correction", "none")
        done, report = convert("--per-layer", *given)
        self.assertIn("warning: output 'output': SQNR", done.stderr)
        step = report["check"]["next"]
        self.assertIn(f"next:        {step['flag']} instead of --per-layer gives", done.stdout)
        _, cured = convert(step["flag"], *given)
        self.assertEqual(cured["check"]["sqnr_db"], step["sqnr_db"])
        self.assertEqual(cured["check"]["same_top1"], step["same_top1"])


class Commands(unittest.TestCase):
    """Commands in a folder with a model, its result and its samples."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.scratch.name)
        shutil.copy(SAMPLES / "mobilenet.onnx", cls.folder / "m.onnx")
        (cls.folder / "photos").symlink_to(SAMPLES / "calibration")
        cls.run_command("qconvert", "m.onnx", "--float", "-o", "c.tflite")

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    @classmethod
    def run_command(cls, name, *arguments):
        command = [QCONVERT.with_name(name), *arguments]
        return subprocess.run(command, cwd=cls.folder, capture_output=True, text=True)

    def test_both_tools_take_q(self):
        for command in (("qconvert", "m.onnx", "--float", "-o", "q.tflite"),
                        ("qeval", "m.onnx", "c.tflite", "--data", "photos"),
                        ("qeval", "--bench", "c.tflite", "--runs", "1")):
            done = self.run_command(*command, "-q")
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""), command)

    def refuses(self, says, name, *arguments):
        before = sorted(self.folder.iterdir())
        done = self.run_command(name, *arguments)
        self.assertEqual(done.returncode, USAGE, (arguments, done.stderr))
        self.assertTrue(done.stderr.startswith("error: "), done.stderr)
        self.assertIn(says, done.stderr)
        self.assertEqual(sorted(self.folder.iterdir()), before)

    def accepts(self, name, *arguments):
        done = self.run_command(name, *arguments)
        self.assertEqual(done.returncode, 0, (arguments, done.stderr))
        return done


class Refusals(Commands):
    def test_an_option_that_cannot_take_effect_is_refused_with_what_to_drop(self):
        for drop, flags in [
            ("--bits", "--float --bits 8"),
            ("--bits and --scheme", "--float --bits 4 --scheme symmetric"),
            ("--io int8", "--float --io int8"),
            ("--per-layer", "--float --per-layer"),
            ("--per-channel", "--float --per-channel"),
            ("--weight-scale", "--float --weight-scale max"),
            ("--exclude", "--float --exclude Gemm"),
            ("--strict", "--float --strict"),
            ("--effort", "--float --effort 0"),
            ("--min-sqnr", "--float --min-sqnr 20"),
            ("--calibration", "--float --calibration min-max"),
            ("--calibration-precision", "--float --calibration-precision bf16"),
            ("--io uint8", "--weights-only --io uint8"),
            ("--strict", "--weights-only --strict"),
            ("--calibration", "--weights-only --calibration min-max"),
            ("--per-layer", "--bits 16 --per-layer"),
            ("--scheme", "--bits 16 --scheme symmetric"),
            ("--decay", "--decay 0.5"),
            ("--decay", "--decay 0.5 --calibration min-max"),
            ("--per-layer", "--weight-scale least-error --per-layer"),
            ("--allow-extensions", "--allow-extensions"),
            ("-q or -v", "-q -v"),
        ]:
            with self.subTest(flags):
                self.refuses(f"; drop {drop}\n", "qconvert", "m.onnx", *flags.split(), "-o", "out")

    def test_pictures_need_samples(self):
        for flags in "--mean 0.5", "--std 0.5", "--crop 8", "--resize 40", "--channels bgr", "--pixel-range 255":
            for command in ["qconvert", "m.onnx", "--float"], ["qeval", "m.onnx", "c.tflite"]:
                self.refuses("add --data or drop them", *command, *flags.split())

    def test_made_up_pictures_have_no_size(self):
        for flags in "--crop 8", "--resize 40", "--channels bgr":
            self.refuses(f"drop {flags if 'bgr' in flags else flags.split()[0]}\n", "qconvert", "m.onnx", *flags.split())

    def test_a_number_of_samples_needs_samples(self):
        self.refuses("add --data or drop --samples", "qconvert", "m.onnx", "--samples", "2", "-o", "out")

    def test_a_benchmark_takes_no_option_of_a_comparison(self):
        for drop, arguments in [
            ("--data and --mean", "--data photos --mean 0.3"),
            ("--labels", "--labels labels.csv"),
            ("--max-drop", "--max-drop 1"),
            ("--layers", "--layers"),
            ("--junit", "--junit x.xml"),
            ("--candidate-layout", "--candidate-layout nchw"),
            ("reference", "m.onnx"),
        ]:
            with self.subTest(arguments):
                flags = arguments.split()
                self.refuses(f"compares nothing; drop {drop}\n", "qeval", "--bench", "c.tflite", *flags)

    def test_an_exclusion_that_matches_no_node_names_the_nearest(self):
        self.refuses("--exclude 'gem' matches no node", "qconvert", "m.onnx", "--exclude", "gem", "-o", "out")
        done = self.run_command("qconvert", "m.onnx", "--exclude", "gem", "-o", "out")
        self.assertRegex(done.stderr, "the nearest is '.*Gemm.*'")

    def test_an_empty_name_is_no_output(self):
        for command in ["qconvert", "m.onnx", "--float"], ["qeval", "m.onnx", "c.tflite", "--data", "photos"]:
            self.refuses("names no file", *command, "--json", "")
        self.refuses("names no file", "qconvert", "m.onnx", "--float", "-o", "")

    def test_an_unknown_option_is_answered_with_the_nearest(self):
        for wrong, right in [("--bit", "--bits"), ("--Bits", "--bits"), ("--dat", "--data"), ("--weight-only", "--weights-only")]:
            self.refuses(f"no option '{wrong}'; the nearest is {right}\n", "qconvert", "m.onnx", wrong)
        self.refuses("no option '--max-dorp'; the nearest is --max-drop\n", "qeval", "m.onnx", "--max-dorp", "1")

    def test_pictures_are_described_and_others_counted(self):
        folder = self.folder / "mixed"
        folder.mkdir()
        for file in sorted((SAMPLES / "calibration").iterdir())[:4]:
            (folder / file.name).symlink_to(file)
        (folder / "a.webp").touch()
        done = subprocess.run([str(word) for word in (QCONVERT, SAMPLES / "mobilenet.onnx", "--data", folder, "--mean", "0.286",
                                                      "-o", self.folder / "mixed.tflite")], capture_output=True, text=True)
        self.assertIn("crop of the input's size, values 0 to 1, mean 0.286, std 1", done.stdout)
        self.assertIn("warning: pictures that are no JPEG or PNG were left out: 1 .webp", done.stderr)

    def test_values_that_an_option_does_not_take(self):
        self.refuses("easyquant}; the nearest is min-max", "qconvert", "m.onnx", "--calibration", "minmax")
        self.refuses("--mean does not take 'a,b,c'", "qconvert", "m.onnx", "--mean", "a,b,c")
        self.refuses("--threads: 'abc' is no number from 1 to 1024;", "qconvert", "m.onnx", "--threads", "abc")
        self.refuses("--bits needs a value: 8|4|16;", "qconvert", "m.onnx", "--bits")
        self.refuses("--sparsity: '1' is no number from 0 to 0.9999;", "qconvert", "m.onnx", "--sparsity", "1")

    def test_crops_and_shapes_name_their_option(self):
        self.refuses("--crop: '0' is not a shape", "qconvert", "m.onnx", "--data", "photos", "--crop", "0")
        self.refuses("--shape: '0' is not a shape", "qconvert", "m.onnx", "--shape", "input:0")


class Values(Commands):
    def test_an_option_before_the_model_leaves_it_alone(self):
        flags = ["--mean", "0.286", "--std", "0.353", "--samples", "2"]
        self.accepts("qconvert", "-o", "before", "--data", "photos", *flags, "m.onnx")
        self.accepts("qconvert", "--data", "photos", "-o", "after", *flags[:4], "m.onnx", "--samples", "2")
        self.accepts("qconvert", "m.onnx", "--data", "photos", *flags, "-o", "last")
        networks = [(self.folder / name).read_bytes() for name in ("before", "after", "last")]
        self.assertEqual(networks[0], networks[1])
        self.assertEqual(networks[0], networks[2])
        self.accepts("qeval", "--data", "photos", *flags, "m.onnx", "before")
        self.accepts("qconvert", "--shape", "input:1x1x28x28", "m.onnx", "--float", "-o", "shaped")

    def test_a_list_has_commas_with_or_without_blanks(self):
        for mean in "0.286", "0.286,", " 0.286":
            self.accepts("qconvert", "m.onnx", "--data", "photos", "--samples", "1", "--mean", mean, "-o", "out")
        for mean in "0.1,0.2,0.3", "0.1, 0.2, 0.3":
            done = self.run_command("qconvert", "m.onnx", "--data", "photos", "--mean", mean, "-o", "out")
            self.assertIn("--mean has 3 values", done.stderr)

    def test_the_old_form_is_answered_with_the_new_one(self):
        for mean in ["0.4", "0.5", "0.6"], ["0.4,", "0.5,", "0.6"]:
            self.refuses("--mean 0.4,0.5,0.6\n", "qconvert", "--mean", *mean, "m.onnx")
            self.refuses("--std 0.4,0.5,0.6\n", "qconvert", "m.onnx", "--std", *mean)
        twice = "may be repeated: --data a.npy --data b.npy\n"
        self.refuses(twice, "qconvert", "m.onnx", "--data", "a.npy", "b.npy")
        self.refuses(twice, "qconvert", "--data", "a.npy", "b.npy", "m.onnx")
        self.refuses(twice, "qeval", "m.onnx", "c.tflite", "--data", "a.npy", "b.npy")

    def test_several_inputs_take_one_option_each(self):
        done = self.run_command("qconvert", "--data", "a=x.npy", "--data", "b=y.npy", "m.onnx")
        self.assertNotIn("name too many", done.stderr)
        self.assertIn("'a=x.npy'", done.stderr)


class Documents(Commands):
    def test_json_begins_with_its_version(self):
        for command in [
            ["qconvert", "m.onnx", "--float", "-o", "out"],
            ["qeval", "m.onnx", "c.tflite", "--data", "photos"],
            ["qeval", "--bench", "c.tflite", "--runs", "1"],
        ]:
            document = json.loads(self.accepts(*command, "--json", "-").stdout)
            self.assertEqual(next(iter(document.items())), ("version", 1))


if __name__ == "__main__":
    unittest.main()
