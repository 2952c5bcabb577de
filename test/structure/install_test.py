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

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_bin_holds_the_two_executables(self):
        self.assertEqual(sorted(os.listdir(self.tree / "bin")), ["qconvert", "qeval"])

    def test_lib_holds_onednn(self):
        self.assertIn("libdnnl.so.3", os.listdir(self.tree / "lib"))

    def test_executables_run_after_a_move(self):
        for name in ("qconvert", "qeval"):
            self.assertIn(name, run(str(self.tree / "bin" / name), "--version"))

    def test_executables_load_what_came_along_and_the_compilers_runtime(self):
        brought = set(os.listdir(self.tree / "lib"))
        for name in ("qconvert", "qeval"):
            loaded = dict(LOADED.findall(run("ldd", str(self.tree / "bin" / name))))
            for library, path in loaded.items():
                if library in brought:
                    self.assertEqual(path, f"{self.tree}/bin/../lib/{library}")
                else:
                    self.assertIn(library.split(".so")[0], RUNTIME)
            self.assertLessEqual(brought, set(loaded))


if __name__ == "__main__":
    unittest.main()
