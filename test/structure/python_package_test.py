"""The Python package: options, reports and exceptions, with the executables of the build put into it.

The executables are those of the build in the environment variable QCONVERT_BUILD.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import repository

BIN = pathlib.Path(os.environ["QCONVERT_BUILD"]) / "bin"
SAMPLES = repository.ROOT / "testdata/fashion_mnist"
DATA = {"data": SAMPLES / "calibration", "mean": "0.286", "std": "0.353", "samples": 12}


class PythonPackage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.scratch.name)
        shutil.copytree(repository.ROOT / "python/qconvert", cls.folder / "qconvert")
        (cls.folder / "qconvert/bin").symlink_to(BIN)
        sys.path.insert(0, str(cls.folder))
        import qconvert

        cls.package = qconvert
        cls.model = SAMPLES / "mobilenet.onnx"
        cls.file = cls.folder / "net.tflite"

    @classmethod
    def tearDownClass(cls):
        sys.path.remove(str(cls.folder))
        cls.scratch.cleanup()

    def test_converts_and_judges(self):
        report = self.package.convert(self.model, output=self.file, weight_scale="max", **DATA)
        self.assertEqual(report.output, str(self.file))
        self.assertEqual(report["calibration_samples"], 12)
        self.assertEqual(report.output_bytes, self.file.stat().st_size)
        verdict = self.package.evaluate(self.model, self.file, layers=True, min_sqnr=1, **DATA)
        self.assertTrue(verdict.passed)
        self.assertEqual(verdict.samples, 12)
        self.assertIn("node", verdict.layers[0])
        with self.assertRaises(AttributeError):
            verdict.nothing
        with self.assertRaises(self.package.GateFailed) as failed:
            self.package.evaluate(self.model, self.file, min_sqnr=90, **DATA)
        self.assertFalse(failed.exception.report.passed)
        with self.assertRaises(self.package.Undecided) as undecided:
            self.package.evaluate(self.model, self.file, min_agreement=90, **DATA)
        self.assertEqual(undecided.exception.report.samples, 12)

    def test_exit_codes_are_exceptions(self):
        package, output = self.package, {"output": self.folder / "none"}
        for error, code, options in [
            (package.GateFailed, 1, {"min_sqnr": 90, **DATA, **output}),
            (package.UsageError, 2, {"bits": 7, **output}),
            (package.UnusableInput, 3, {"data": "no/such", **output}),
            (package.CannotWrite, 5, {"float": True, "output": "no/such/file"}),
        ]:
            with self.assertRaises(error) as failed:
                package.convert(self.model, **options)
            self.assertEqual(failed.exception.exit_code, code)
            self.assertIsInstance(failed.exception, package.QconvertError)
            self.assertNotIn("error: ", str(failed.exception))
            self.assertFalse((self.folder / "none").exists())

    def test_arguments_become_options(self):
        flags = sys.modules["qconvert._run"]._flags
        given = {"strict": True, "float": False, "exclude": None, "shape": ["a:1", "b:2"], "data": pathlib.Path("p")}
        self.assertEqual(flags(given), ["--strict", "--shape=a:1", "--shape=b:2", "--data=p"])

    def test_the_module_becomes_the_executable(self):
        command = [sys.executable, "-m", "qconvert", "--version"]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout[:9]), (0, "qconvert "))
        self.assertTrue(self.package.find_bin("qeval").endswith("/bin/qeval"))
        with self.assertRaises(FileNotFoundError):
            self.package.find_bin("qsomething")

    def test_the_import_loads_no_more_than_it_needs(self):
        loaded = "import sys; before = set(sys.modules); import qconvert; print(*sorted(set(sys.modules) - before))"
        done = subprocess.run([sys.executable, "-c", loaded], cwd=self.folder, capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout.split(), ["qconvert", "qconvert._run"])


if __name__ == "__main__":
    unittest.main()
