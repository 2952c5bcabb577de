"""Who may include whom: rooms only to the left, foreign headers only where their room is, in .cc files."""

import pathlib
import re
import unittest

import repository

ROOMS = (
    "base math graph kernels ops onnx passes runner samples calibration network quantization tflite evaluation "
    "tuning search api report convert cmd"
).split()

# The beginning of a foreign header's name, and the rooms that know it.
FOREIGN = {
    "CLI/": {"cmd"},
    "flatbuffers/": {"ops", "tflite"},
    "hwy/": {"kernels"},
    "jpeglib.h": {"samples"},
    "nlohmann/": {"samples", "tflite", "evaluation", "search", "report"},
    "oneapi/dnnl/": {"kernels", "runner"},
    "onnx.pb.h": {"onnx", "samples"},
    "png.h": {"samples"},
    "re2/": {"quantization", "cmd"},
    "spdlog/": set(ROOMS) - {"math"},
    "tflite_generated.h": {"ops", "tflite"},
    "zlib.h": {"samples"},
}

# The only file that lies in lib/ itself: all of the public API.
PUBLIC = "lib/qconvert.h"

# Headers that show a foreign one because the .cc files of one room share it; no other includes them.
WRAPPERS = {"lib/kernels/onednn.h", "lib/kernels/conv_onednn.h", "lib/report/json_parts.h"}

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def room_of(path):
    """lib/ops/op.h -> ops, cmd/qeval.cc -> cmd; report is the first room that knows the public API"""
    parts = pathlib.Path(path).parts
    if parts[0] == "cmd":
        return "cmd"
    return "report" if str(path) == PUBLIC else parts[1]


def includes():
    """(file, line number, header, whether in quotes) of every include in lib/ and cmd/."""
    for path in repository.files("lib/*.h", "lib/*.cc", "cmd/*.h", "cmd/*.cc"):
        for number, line in repository.lines(path):
            if found := INCLUDE.match(line):
                yield path, number, found[1] or found[2], found[1] is not None


def is_ours(header):
    return header.startswith(("lib/", "cmd/"))


class Rooms(unittest.TestCase):
    def test_every_folder_is_a_room_of_the_list(self):
        for path in repository.files("lib/*.h", "lib/*.cc"):
            self.assertIn(room_of(path), ROOMS, path)

    def test_lib_itself_holds_the_public_api_only(self):
        here = [str(path) for path in repository.files("lib/*.h", "lib/*.cc") if len(path.parts) == 2]
        self.assertEqual(here, [PUBLIC])

    def test_a_file_includes_only_rooms_to_its_left(self):
        for path, number, header, _ in includes():
            if is_ours(header):
                here, there = ROOMS.index(room_of(path)), ROOMS.index(room_of(header))
                self.assertLessEqual(there, here, f"{path}:{number} includes {header}")

    def test_our_headers_are_named_from_the_root(self):
        for path, number, header, quoted in includes():
            if quoted and not is_ours(header):
                self.assertIn(header, FOREIGN, f"{path}:{number}")
            if is_ours(header):
                self.assertTrue((repository.ROOT / header).is_file(), f"{path}:{number}: {header}")

    def test_headers_include_only_std_and_ours(self):
        for path, number, header, _ in includes():
            if path.suffix != ".h" or str(path) in WRAPPERS:
                continue
            if is_ours(header):
                self.assertNotIn(header, WRAPPERS, f"{path}:{number}")
            else:
                self.assertRegex(header, r"^[a-z0-9_]+$", f"{path}:{number}")

    def test_a_foreign_header_stays_in_the_rooms_that_know_it(self):
        for path, number, header, _ in includes():
            for start, rooms in FOREIGN.items():
                if header.startswith(start):
                    self.assertIn(room_of(path), rooms, f"{path}:{number} includes {header}")

    def test_kernels_and_math_never_log(self):
        for path, number, header, _ in includes():
            if header == "spdlog/spdlog.h":
                self.assertNotIn(room_of(path), {"math", "graph", "kernels", "ops"}, f"{path}:{number}")


if __name__ == "__main__":
    unittest.main()
