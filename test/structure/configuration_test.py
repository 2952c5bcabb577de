"""Options from a configuration file: what it says, what beats it, and that a printed one repeats the run.

The executables are those of the build in the environment variable QCONVERT_BUILD.
"""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import tomllib
import unittest

import repository

BIN = pathlib.Path(os.environ["QCONVERT_BUILD"]) / "bin"
SAMPLES = repository.ROOT / "testdata/fashion_mnist"
USAGE, UNUSABLE = 2, 3


class Configuration(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.scratch.name)
        shutil.copy(SAMPLES / "mobilenet.onnx", cls.folder / "m.onnx")
        (cls.folder / "photos").symlink_to(SAMPLES / "calibration")

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def run_command(self, *command):
        return subprocess.run([BIN / command[0], *command[1:]], cwd=self.folder, capture_output=True, text=True)

    def printed(self, *command):
        done = self.run_command(*command, "--print-config")
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def configure(self, text):
        (self.folder / "c.toml").write_text(text)
        return "--config", "c.toml"

    def refuses(self, text, code, says, command="qconvert"):
        done = self.run_command(command, "m.onnx", *self.configure(text), "--print-config")
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        self.assertTrue(done.stderr.startswith("error: c.toml: line "), done.stderr)
        self.assertIn(says, done.stderr)


class Files(Configuration):
    def test_values_and_their_sources_are_printed(self):
        config = self.configure('# ours\n[qconvert]\nmodel = "m.onnx"\n\nbits = 4\n[qeval]\nlayers = true\n')
        printed = self.printed("qconvert", *config, "--threads", "2", "-q")
        self.assertEqual(tomllib.loads(printed), {"qconvert": {"model": "m.onnx", "bits": 4, "threads": 2, "quiet": True}})
        for line in "bits = 4  # c.toml:5", "threads = 2  # command line", "# effort: 1", "# strict: off", "# exclude: none":
            self.assertIn(f"\n{line}\n", printed)

    def test_the_command_line_beats_the_file(self):
        config = self.configure('[qconvert]\nbits = 4\nmean = [0.1, 0.2]\nstrict = true\nfloat = false\n')
        printed = tomllib.loads(self.printed("qconvert", *config, "--bits", "8", "--mean", "0.5", "--strict=false", "--dynamic"))
        self.assertEqual(printed["qconvert"], {"bits": 8, "mean": 0.5, "strict": False, "dynamic": True})

    def test_every_spelling_of_a_value_is_read(self):
        config = self.configure(
            '[ qconvert ]\n"exclude" = "a\\"#\\\\d\\u00e9\\t" # why\nlayout=\'keep\'\n'
            'data = [ "p,q", # the first\n  \'r\\s\',\n]\nmin-sqnr = 1.5e1\r\n'
        )
        read = tomllib.loads(self.printed("qconvert", *config))["qconvert"]
        expected = {"exclude": 'a"#\\dé\t', "layout": "keep", "data": ["p,q", "r\\s"], "min-sqnr": 15}
        self.assertEqual(read, expected)

    def test_a_printed_configuration_prints_itself(self):
        flags = ["--exclude", "a'\"#\\\x01\u00e9=[x],y", "--data", "a b", "--data", "true", "--shape", "i:1x2", "--mean", "01,.5"]
        first = tomllib.loads(self.printed("qconvert", "m.onnx", *flags))
        second = tomllib.loads(self.printed("qconvert", *self.configure(self.printed("qconvert", "m.onnx", *flags))))
        self.assertEqual(first, second)
        self.assertEqual(first["qconvert"]["exclude"], flags[1])

    def test_a_run_is_repeated_bit_for_bit(self):
        flags = ["--data", "photos", "--mean", "0.286", "--std", "0.353", "--samples", "4", "-q"]
        flags += ["--exclude", "Gemm", "--weight-scale", "max", "-o"]
        config = self.configure(self.printed("qconvert", "m.onnx", *flags, "a.tflite"))
        for command in ["m.onnx", *flags, "a.tflite"], [*config, "-o", "b.tflite"]:
            done = self.run_command("qconvert", *command)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertEqual((self.folder / "a.tflite").read_bytes(), (self.folder / "b.tflite").read_bytes())
        config = self.configure('[qeval]\nreference = "m.onnx"\ncandidate = "a.tflite"\ndata = "photos"\nsamples = 4\nlayers = true\n')
        done = self.run_command("qeval", *config)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("samples:     4 from photos", done.stdout)
        self.assertRegex(done.stdout, r"dB .*  \S+ \(Conv2D\)")


class Refusals(Configuration):
    def test_an_unknown_key_is_answered_with_the_nearest(self):
        self.refuses("[qconvert]\nbit = 4\n", USAGE, "line 2: qconvert has no option 'bit'; the nearest is bits\n")
        self.refuses("[qeval]\nmax_drop = 1\n", USAGE, "the nearest is max-drop\n", "qeval")
        for key in "help", "version", "config", "print-config":
            self.refuses(f"[qconvert]\n{key} = true\n", USAGE, f"has no option '{key}'")

    def test_sections_are_those_of_the_commands(self):
        self.refuses("bits = 4\n", USAGE, "'bits' stands in no section; begin one with [qconvert] or [qeval] or [qtune]\n")
        self.refuses("[convert]\nbits = 4\n", USAGE, "there is no section [convert]; there are [qconvert] or [qeval] or [qtune]\n")

    def test_what_is_no_toml_is_refused_with_its_line(self):
        for text, says in [
            ("bits 4", "line 2: '=' is missing"),
            ("bits = ", "is no number"),
            ("bits = four", "'four' is no number, boolean or text in quotes"),
            ("bits = 4 8", "more stands behind the value"),
            ("bits = 4\nbits = 8", "line 3: 'bits' is given twice"),
            ('exclude = "a', "does not end on its line"),
            ('exclude = "\\d"', "'\\d' means nothing"),
            ('exclude = "\\ud800"', "no letter has this code"),
            ("data = ['a'", "',' is missing"),
            ("data = ['a' 'b']", "',' is missing"),
            ("= 4", "a key is missing"),
            ("when = 2020-01-01", "is no number"),
        ]:
            self.refuses(f"[qconvert]\n{text}", UNUSABLE, says)

    def test_values_keep_the_rules_of_their_options(self):
        for text, says in [("bits = 7", "--bits"), ("bits = [4, 8]", "--bits"), ("strict = 'maybe'", "strict")]:
            done = self.run_command("qconvert", "m.onnx", *self.configure(f"[qconvert]\n{text}\n"))
            self.assertEqual(done.returncode, USAGE, done.stderr)
            self.assertIn(says, done.stderr)
        done = self.run_command("qconvert", "m.onnx", "--float", *self.configure("[qconvert]\ndynamic = true\n"))
        self.assertRegex(done.stderr, "--float excludes --dynamic|--dynamic excludes --float")

    def test_a_file_that_cannot_be_read_ends_the_run(self):
        for name in "none.toml", "photos":
            done = self.run_command("qconvert", "m.onnx", "--config", name)
            self.assertEqual(done.returncode, UNUSABLE)
            self.assertEqual(done.stderr, f"error: cannot read the configuration '{name}'\n")


class Help(Configuration):
    def test_every_option_of_the_help_is_a_key_or_an_action(self):
        actions = {"help", "version", "list-ops", "config", "print-config", "generate"}
        for command in "qconvert", "qeval", "qtune":
            listed = set(re.findall(r"^  (?:-\w,)?--([\w-]+)", self.run_command(command, "--help").stdout, re.MULTILINE))
            keys = set(re.findall(r"^(?:# )?([\w-]+)(?: =|: )", self.printed(command), re.MULTILINE))
            self.assertEqual(listed - actions, keys - {"model", "reference", "candidate"})


if __name__ == "__main__":
    unittest.main()
