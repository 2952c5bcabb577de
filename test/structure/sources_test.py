"""What every source file keeps to, whatever it does."""

import re
import unittest

import repository

OURS = ("lib/*.h", "lib/*.cc", "cmd/*.h", "cmd/*.cc", "test/*.h", "test/*.cc")
TEXT = ("*.h", "*.cc", "*.cmake", "*.fbs", "*.json", "*.md", "*.py", "*.txt", "scripts/*", ".ci/*")
VAGUE = {"util", "utils", "manager", "helper", "helpers", "data", "info", "misc", "common"}

# Spelled in two halves, so that this file may be searched as well.
UNFINISHED = re.compile("|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]))
MACHINE_PATH = re.compile("(?<![\\w.])/" + "(?:home|root|work|tmp|Users)/\\w")
REGISTRY = re.compile("|".join(["py" + r"pi\.org", "python" + r"hosted\.org", r"repo\d?\.maven", "maven" + r"\.org"]))


class Sources(unittest.TestCase):
    def offending(self, patterns, expression):
        return [
            f"{path}:{number}: {line.strip()}"
            for path in repository.files(*patterns)
            if (repository.ROOT / path).is_file() and path.suffix not in {".png", ".onnx"}
            for number, line in repository.lines(path)
            if expression.search(line)
        ]

    def test_headers_open_with_what_they_are(self):
        for path in repository.files("lib/*.h"):
            head = [line for _, line in repository.lines(path) if line and line != "#pragma once"]
            self.assertTrue(head[0].startswith("//"), f"{path} does not say what it is")

    def test_headers_are_included_once(self):
        for path in repository.files("*.h"):
            self.assertIn("#pragma once\n", repository.text(path), path)

    def test_there_is_one_flat_namespace(self):
        nested = re.compile(r"namespace\s+qconvert::")
        self.assertEqual(self.offending(OURS, nested), [])

    def test_names_of_files_say_what_is_inside(self):
        for path in repository.files(*OURS):
            self.assertNotIn(path.stem.split("_")[-1], VAGUE, path)

    def test_nothing_is_left_unfinished(self):
        self.assertEqual(self.offending(TEXT, UNFINISHED), [])

    def test_no_path_of_one_machine_is_written_down(self):
        self.assertEqual(self.offending(TEXT, MACHINE_PATH), [])

    def test_packages_are_named_and_registries_are_not(self):
        self.assertEqual(self.offending(TEXT, REGISTRY), [])

    def test_files_end_with_a_newline(self):
        for path in repository.files(*OURS):
            self.assertTrue(repository.text(path).endswith("\n"), path)


if __name__ == "__main__":
    unittest.main()
