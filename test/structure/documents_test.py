"""What the documents name exists: files, scripts, and the options of our own commands."""

import re
import subprocess
import unittest

import repository

LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
SCRIPT = re.compile(r"\b(?:scripts|\.ci)/[\w/]+")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]+")


class Documents(unittest.TestCase):
    def test_links_lead_somewhere(self):
        for path in repository.files("*.md"):
            for target in LINK.findall(repository.text(path)):
                there = (repository.ROOT / path).parent / target
                self.assertTrue(there.exists(), f"{path} links to {target}")

    def test_scripts_that_are_named_can_be_run(self):
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


if __name__ == "__main__":
    unittest.main()
