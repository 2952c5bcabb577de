"""The installed tree works wherever it is moved, and brings its libraries along.

The build to install is the folder in the environment variable QCONVERT_BUILD.
"""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import repository

BUILD = os.environ["QCONVERT_BUILD"]
LOADED = re.compile(r"(\S+) => (\S+)")
# The C library, the compiler's and, in a build with them, the sanitizers'.
RUNTIME = {"libc", "libm", "libstdc++", "libgcc_s", "libgomp", "libasan", "libubsan"}


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        installed = pathlib.Path(cls.folder.name) / "installed"
        run("cmake", "--install", BUILD, "--prefix", str(installed))
        cls.tree = pathlib.Path(cls.folder.name) / "moved"
        shutil.move(installed, cls.tree)
        cls.brought = set(os.listdir(cls.tree / "lib/qconvert"))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_bin_holds_the_executables(self):
        self.assertEqual(sorted(os.listdir(self.tree / "bin")), ["qconvert", "qeval", "qtune"])

    def test_lib_holds_onednn_where_no_other_program_finds_it(self):
        self.assertIn("libdnnl.so.3", os.listdir(self.tree / "lib/qconvert"))

    def test_share_holds_what_man_and_shells_read(self):
        for name in ("qconvert", "qeval", "qtune"):
            for kind, path in [
                ("man", f"man/man1/{name}.1"),
                ("bash", f"bash-completion/completions/{name}"),
                ("zsh", f"zsh/site-functions/_{name}"),
                ("fish", f"fish/vendor_completions.d/{name}.fish"),
            ]:
                generated = run(str(self.tree / "bin" / name), "--generate", kind)
                self.assertEqual((self.tree / "share" / path).read_text(), generated)

    def test_share_holds_the_schemas(self):
        for path in repository.files("docs/schemas/*.json"):
            installed = self.tree / "share/qconvert/schemas" / path.name
            self.assertEqual(installed.read_text(), repository.text(path))

    def test_licences_of_all_that_is_inside_came_along(self):
        documents = self.tree / "share/doc/qconvert"
        for name in ("LICENSE", "NOTICE"):
            self.assertEqual((documents / name).read_text(), repository.text(name))
        for library in self.brought:
            self.assertIn(library.split(".so")[0] + ".so", repository.text("NOTICE"))
        self.assertIn("libpng-dev.txt", os.listdir(documents / "licences"))

    def test_executables_run_after_a_move(self):
        for name in ("qconvert", "qeval", "qtune"):
            self.assertIn(name, run(str(self.tree / "bin" / name), "--version"))

    def test_executables_load_what_came_along_and_the_compilers_runtime(self):
        for name in ("qconvert", "qeval", "qtune"):
            loaded = dict(LOADED.findall(run("ldd", str(self.tree / "bin" / name))))
            for library, path in loaded.items():
                if library in self.brought:
                    self.assertEqual(path, f"{self.tree}/bin/../lib/qconvert/{library}")
                elif library.startswith("libqconvert."):
                    self.assertEqual(path, f"{self.tree}/bin/../lib/{library}")
                else:
                    self.assertIn(library.split(".so")[0], RUNTIME)
            self.assertLessEqual(self.brought, set(loaded))


    def test_another_program_uses_the_library(self):
        """The example finds the package, compiles, and raises and catches what the library throws."""
        build, samples = pathlib.Path(self.folder.name) / "example", repository.ROOT / "testdata/fashion_mnist"
        run("cmake", "-S", str(repository.ROOT / "examples/cpp"), "-B", str(build), f"-DCMAKE_PREFIX_PATH={self.tree}")
        run("cmake", "--build", str(build))
        program, file = str(build / "convert_and_judge"), str(build / "m.tflite")
        printed = run(program, str(samples / "mobilenet.onnx"), str(samples / "calibration"), file)
        self.assertIn("8-bit symmetric weights per channel", printed)
        self.assertIn("(limit 20)", printed)
        failed = subprocess.run([program, "none.onnx", "none", file], capture_output=True, text=True)
        self.assertEqual((failed.returncode, failed.stderr[:27]), (3, "error: cannot read 'none.on"))


if __name__ == "__main__":
    unittest.main()
