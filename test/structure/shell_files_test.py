"""The man pages and the completions of the shells say what --help says.

The executables are those of the build in the environment variable QCONVERT_BUILD.
"""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

BIN = pathlib.Path(os.environ["QCONVERT_BUILD"]) / "bin"
COMMANDS = "qconvert", "qeval", "qtune"
# An option of --help: its names, its value, and its text, which may stand on the next line.
HELP = re.compile(r"^  ((?:-\w,)?--[\w-]+)(?: (\S+)(?: \.\.\.)?)?(?: {2,}|\n {20,})(\S.*)$", re.MULTILINE)
PAGE = re.compile(r"^\.TP\n(\\fB-.*)\n(.*)$", re.MULTILINE)


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    assert done.returncode == 0, done
    return done.stdout


def generated(command, kind):
    return run(BIN / command, "--generate", kind)


def options_of(command):
    """(names, value, text) of each option in the help."""
    return [(tuple(names.split(",")), value or "", text) for names, value, text in HELP.findall(run(BIN / command, "--help"))]


def choices_of(value):
    """The names that an option takes, where its value lists them."""
    return value.split("|") if re.fullmatch(r"[a-z0-9|-]*\|[a-z0-9|-]*", value) else []


class Help(unittest.TestCase):
    def test_lists_every_option_in_this_form(self):
        for command in COMMANDS:
            names = [name for own, _, _ in options_of(command) for name in own]
            listed = re.findall(r"^  (?:-\w,)?(--[\w-]+)", run(BIN / command, "--help"), re.MULTILINE)
            self.assertEqual([name for name in names if name.startswith("--")], listed)
            self.assertIn("--help", names)


class ManPages(unittest.TestCase):
    def options_of_page(self, command):
        for head, text in PAGE.findall(generated(command, "man").replace("\\-", "-").replace("\\e", "\\")):
            names = tuple(re.findall(r"\\fB(.*?)\\fR", head))
            yield names, "".join(re.findall(r"\\fI(.*?)\\fR", head)), text.replace("\\&", "")

    def test_say_what_the_help_says(self):
        for command in COMMANDS:
            page = generated(command, "man")
            self.assertTrue(page.startswith(f'.TH {command.upper()} 1 "" "qconvert '), page[:80])
            self.assertEqual(list(self.options_of_page(command)), options_of(command))

    def test_have_every_section(self):
        for command in COMMANDS:
            sections = re.findall(r"^\.SH (.*)$", generated(command, "man"), re.MULTILINE)
            self.assertEqual(
                sections,
                ["NAME", "SYNOPSIS", "DESCRIPTION", "ARGUMENTS", "OPTIONS", "EXAMPLES", "EXIT STATUS", "SEE ALSO"],
            )

    @unittest.skipUnless(shutil.which("groff"), "groff is missing")
    def test_are_formatted_without_a_warning(self):
        for command in COMMANDS:
            page = ["groff", "-man", "-Tutf8", "-ww", "-rLL=120n"]
            done = subprocess.run(page, input=generated(command, "man"), capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn(f"{command} model.onnx", done.stdout)


class Bash(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.scratch.name)
        for name in "m one.onnx", "c.toml", "c.tflite":
            (cls.folder / name).touch()
        (cls.folder / "photos").mkdir()

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def completed(self, command, *words):
        """What bash offers for the last of the words."""
        before = words[-2] if len(words) > 1 else command
        script = generated(command, "bash") + f'_{command} {command} "$1" "$2"; printf "%s\\n" "${{COMPREPLY[@]}}"'
        return sorted(run("bash", "-euc", script, "bash", words[-1], before, cwd=self.folder).split("\n")[:-1])

    def test_completes_every_option(self):
        for command in COMMANDS:
            names = [name for own, _, _ in options_of(command) for name in own]
            self.assertEqual(self.completed(command, "-"), sorted(names))
        self.assertEqual(self.completed("qconvert", "--weight"), ["--weight-scale", "--weights-only"])

    def test_completes_the_names_that_an_option_takes(self):
        for command in COMMANDS:
            for names, value, _ in options_of(command):
                if choices_of(value):
                    self.assertEqual(self.completed(command, names[-1], ""), sorted(choices_of(value)))

    def test_completes_files_of_the_kind_that_is_meant(self):
        files = ["c.tflite", "c.toml", "m one.onnx", "photos"]
        self.assertEqual(self.completed("qconvert", ""), ["m one.onnx", "photos"])
        self.assertEqual(self.completed("qconvert", "--config", ""), ["c.toml", "photos"])
        self.assertEqual(self.completed("qconvert", "--dump-passes", ""), ["photos"])
        for option in "--data", "-o", "--output", "--json":
            self.assertEqual(self.completed("qconvert", option, ""), files, option)
        self.assertEqual(self.completed("qeval", "c"), ["c.tflite", "c.toml"])

    def test_completes_no_numbers(self):
        for option in "--threads", "--mean", "--min-sqnr", "--exclude":
            self.assertEqual(self.completed("qconvert", option, ""), [""])


class Zsh(unittest.TestCase):
    def test_describes_every_option(self):
        for command in COMMANDS:
            script = generated(command, "zsh")
            self.assertTrue(script.startswith(f"#compdef {command}\n"))
            for names, value, text in options_of(command):
                described = re.sub(r"([\\\[\]:])", r"\\\1", text).replace("'", "'\\''")
                self.assertIn(f"'[{described}]", script)
                self.assertIn(names[-1], script)
                if choices_of(value):
                    self.assertIn(f":{value}:({' '.join(choices_of(value))})'", script)

    @unittest.skipUnless(shutil.which("zsh"), "zsh is missing")
    def test_is_a_script_of_zsh(self):
        for command in COMMANDS:
            run("zsh", "-nc", generated(command, "zsh"))


class Fish(unittest.TestCase):
    def test_describes_every_option(self):
        for command in COMMANDS:
            script = generated(command, "fish")
            for names, value, text in options_of(command):
                line = "".join(f" -l {name[2:]}" if name.startswith("--") else f" -s {name[1:]}" for name in names)
                described = text.replace("\\", "\\\\").replace("'", "\\'")
                self.assertRegex(script, f"(?m)^complete -c {command}{line}( .*)? -d '{re.escape(described)}'$")
                if choices_of(value):
                    self.assertIn(f"{line} -x -a '{' '.join(choices_of(value))}'", script)

    @unittest.skipUnless(shutil.which("fish"), "fish is missing")
    def test_is_a_script_of_fish(self):
        for command in COMMANDS:
            run("fish", "-nc", generated(command, "fish"))


if __name__ == "__main__":
    unittest.main()
