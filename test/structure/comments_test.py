"""What comments name exists: files of ours, and documents of this repository."""

import re
import unittest

import repository

OURS = ("lib/*.h", "lib/*.cc", "cmd/*.h", "cmd/*.cc", "test/*.h", "test/*.cc", "test/*.py", "scripts/*.py")
# A file in a comment: pipeline.cc, lib/ops/op.h, docs/design.md, counts.json
FILE = re.compile(r"(?<![\w./-])((?:[\w-]+/)*[\w-]+\.(?:h|cc|inc|py|md|txt|json|fbs|cmake))(?![\w(])")
# "section 2" of a document of ours that is not there; the paper has sections, too, and is named with them.
DOCUMENT = re.compile(r"\bDESIGN\b|\btflite-rules\b")
# Files that users have, and that ONNX, TFLite and LiteRT have.
FOREIGN = re.compile(r"^(?:kernels?/|Documentation/|tensorflow/|tflite/|labels\.csv|val\.txt|jpeglib\.h$|.*_generated\.h$)")


def comments(path):
    """(line number, text) of each comment line."""
    mark = re.compile(r"#\s(.*)|^\s*\"\"\"(.*)") if path.suffix == ".py" else re.compile(r"//+<?\s(.*)")
    for number, line in repository.lines(path):
        if found := mark.search(line):
            yield number, next(text for text in found.groups() if text is not None)


class Comments(unittest.TestCase):
    def setUp(self):
        every = repository.files("*")
        self.paths = {str(path) for path in every}
        self.names = {path.name for path in every}

    def exists(self, path, name):
        """Whether `name` is a path from the root, beside the file, or the name of any file of ours."""
        return name in self.paths or str(path.parent / name) in self.paths or f"lib/{name}" in self.paths or (
            "/" not in name and name in self.names
        )

    def test_files_that_comments_name_exist(self):
        missing = [
            f"{path}:{number}: {name}"
            for path in repository.files(*OURS)
            for number, text in comments(path)
            for name in FILE.findall(text)
            if not FOREIGN.match(name) and not self.exists(path, name)
        ]
        self.assertEqual(missing, [])

    def test_comments_name_no_document_that_is_elsewhere(self):
        found = [
            f"{path}:{number}: {text.strip()}"
            for path in repository.files(*OURS)
            for number, text in comments(path)
            if DOCUMENT.search(text)
        ]
        self.assertEqual(found, [])


if __name__ == "__main__":
    unittest.main()
