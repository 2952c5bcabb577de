"""What the documents name exists: files, scripts, and the options and operators of our own commands.

The executables are those of the build in the environment variable QCONVERT_BUILD.
"""

import json
import os
import pathlib
import re
import subprocess
import unittest

import repository

EXECUTABLES = pathlib.Path(os.environ["QCONVERT_BUILD"]) / "bin"
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
SCRIPT = re.compile(r"\b(?:scripts|\.ci)/[\w/]+")
# A command line of ours, or an option alone between backticks.
USE = re.compile(r"^\s*(?:\$ )?(?:qconvert|qeval|qtune) .*$|`--[^`]+`", re.MULTILINE)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]+")


def output_of(name, *arguments):
    command = [str(EXECUTABLES / name), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


class Documents(unittest.TestCase):
    def test_links_lead_somewhere(self):
        for path in repository.files("*.md"):
            for target in LINK.findall(repository.text(path)):
                there = (repository.ROOT / path).parent / target
                self.assertTrue(there.exists(), f"{path} links to {target}")

    def test_scripts_that_are_named_exist(self):
        for path in repository.files("*.md", "CMakePresets.json", ".ci/*"):
            for name in SCRIPT.findall(repository.text(path)):
                there = repository.ROOT / name
                self.assertTrue(there.exists() or there.with_suffix(".py").exists(), f"{path} names {name}")

    def test_scripts_are_executable_and_say_what_they_do(self):
        for path in repository.files("scripts/*", ".ci/*"):
            head = repository.text(path).split("\n", 2)
            if head[0].startswith("#!"):
                self.assertTrue((repository.ROOT / path).stat().st_mode & 0o100, f"{path} is not executable")
                self.assertRegex(head[1], r'^(# |""")', f"{path} does not say what it does")

    def test_options_that_are_named_exist(self):
        known = set(OPTION.findall("".join(output_of(name, "--help") for name in ("qconvert", "qeval", "qtune"))))
        for path in repository.files("README.md", "docs/*.md"):
            for use in USE.findall(repository.text(path)):
                self.assertEqual(set(OPTION.findall(use)) - known, set(), f"{path}: {use.strip()}")

    def test_the_operators_document_lists_what_there_is(self):
        self.assertIn(output_of("qconvert", "--list-ops").strip(), repository.text("docs/operators.md"))

    def test_the_targets_document_names_each_profile_and_its_sources(self):
        document = repository.text("docs/targets.md")
        for path in repository.files("lib/tflite/targets/*.json"):
            profile = json.loads(repository.text(path))
            row = next(line for line in document.splitlines() if line.startswith(f"| `{profile['names'][0]}`"))
            self.assertEqual(re.findall("`([^`]+)`", row.split("|")[1]), profile["names"])
            self.assertIn(profile["title"], row)
            for source in profile["sources"]:
                for text in (source["version"], source["date"], source["document"].rsplit("/", 1)[-1]):
                    self.assertIn(text, row)


if __name__ == "__main__":
    unittest.main()
