"""Our commands overwrite nothing but the output that was asked for, and results arrive where they were sent.

The executables are those of the build in the environment variable QCONVERT_BUILD.
"""

import json
import os
import pathlib
import pty
import shutil
import struct
import subprocess
import tempfile
import threading
import unittest

import repository

BIN = pathlib.Path(os.environ["QCONVERT_BUILD"]) / "bin"
SAMPLES = repository.ROOT / "testdata/fashion_mnist"
USAGE, IO = 2, 5
DATA = ["--data", "photos", "--mean", "0.286", "--std", "0.353"]
CONVERT = ["qconvert", "m.onnx", *DATA]
EVALUATE = ["qeval", "m.onnx", "c.tflite", *DATA]
DUMPED = "dumps/float/simplify/00-before.txt"


def field(number, value):
    """A field of a protobuf message: an integer, or bytes with their length in front."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def varint(value):
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)


def value_info(name):
    dims = field(1, field(1, 1)) + field(1, field(1, 4))
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, dims)))


def model_with_external_weights(location):
    """ONNX: y = x + w, where w lies in another file."""
    place = b"".join(field(13, field(1, key) + field(2, text)) for key, text in [("location", location), ("length", "16")])
    weights = field(1, 4) + field(2, 1) + field(8, "w") + place + field(14, 1)
    node = field(1, "x") + field(1, "w") + field(2, "y") + field(4, "Add")
    graph = field(1, node) + field(2, "test") + field(5, weights) + field(11, value_info("x")) + field(12, value_info("y"))
    return field(1, 8) + field(7, graph) + field(8, field(2, 17))


def numpy_file(values):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': (1, {len(values)}), }}"
    header += " " * (63 - (len(header) + 10) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack(f"<{len(values)}f", *values)


def fill(folder):
    """A folder with everything that the commands read, under several names."""
    shutil.copy(SAMPLES / "mobilenet.onnx", folder / "m.onnx")
    shutil.copy(SAMPLES / "mobilenet.onnx", folder / "net.tflite")
    os.link(folder / "m.onnx", folder / "hard.onnx")
    (folder / "soft.onnx").symlink_to("m.onnx")
    (folder / "photos/sub").mkdir(parents=True)
    pictures = sorted((SAMPLES / "calibration").iterdir())
    for name, picture in zip(["a.png", "b.png", "sub/c.png"], pictures):
        shutil.copy(picture, folder / "photos" / name)
    (folder / "picture").symlink_to("photos/sub/c.png")
    (folder / "labels.txt").write_text("1\n2\n3\n")
    (folder / "ext").mkdir()
    (folder / "ext/e.onnx").write_bytes(model_with_external_weights("w.bin"))
    (folder / "ext/w.bin").write_bytes(struct.pack("<4f", 1, 2, 3, 4))
    (folder / "x.npy").write_bytes(numpy_file([1, -2, 3, -4]))
    (folder / "sets/test_data_set_0").mkdir(parents=True)
    shutil.copy(folder / "ext/e.onnx", folder / "sets/e.onnx")
    shutil.copy(folder / "ext/w.bin", folder / "sets/w.bin")
    tensor = field(1, 1) + field(1, 4) + field(2, 1) + field(9, struct.pack("<4f", 1, -2, 3, -4))
    (folder / "sets/test_data_set_0/input_0.pb").write_bytes(tensor)


def contents(folder):
    """What every name of the folder stands for: bytes, or the target of a link."""
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            files[path] = os.readlink(path)
        else:
            files[path] = path.read_bytes() if path.is_file() else None
    return files


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.scratch.name).resolve()
        fill(cls.folder)
        cls.run_command(*CONVERT, "-q", "-o", "c.tflite", "--dump-passes", "dumps", check=True)
        cls.run_command("qconvert", "ext/e.onnx", "--float", "-q", "-o", "e.tflite", check=True)

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    @classmethod
    def run_command(cls, name, *arguments, shell="exec", **options):
        """Runs a command of ours in the folder; `shell` is what stands before it on a line of sh."""
        line = ["sh", "-c", shell + ' "$@"', "sh", str(BIN / name), *arguments]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
        return subprocess.run(line, cwd=cls.folder, **{**streams, **options})


class Clashes(Commands):
    def refused(self, *command, says):
        before = contents(self.folder)
        done = self.run_command(*command)
        self.assertEqual(done.returncode, USAGE, f"{command}: {done.stderr}")
        self.assertIn(says, done.stderr.decode())
        self.assertEqual(done.stdout, b"")
        self.assertEqual(contents(self.folder), before, command)

    def test_an_output_is_not_the_model_by_any_name(self):
        spellings = ["m.onnx", "./photos/../m.onnx", "hard.onnx", "soft.onnx", str(self.folder / "m.onnx")]
        for name in spellings:
            self.refused(*CONVERT, "-o", name, says=f"output '{name}' is the model itself; choose another name with -o")
            self.refused(*CONVERT, "-o", "new", "--json", name, says=f"report '{name}' is the model itself")
            self.refused(*EVALUATE, "--json", name, says=f"report '{name}' is the reference itself")
            self.refused(*EVALUATE, "--junit", name, says=f"report '{name}' is the reference itself")
            self.refused("qeval", "--bench", "m.onnx", "--runs", "1", "--html", name, says="is the model itself")
            self.refused("qeval", "--bench", "m.onnx", "--runs", "1", "--json", name, says="is the model itself")
            self.refused("qconvert", name, *DATA, "-o", "m.onnx", says="output 'm.onnx' is the model itself")

    def test_the_default_name_is_not_the_model(self):
        self.refused("qconvert", "net.tflite", *DATA, says="output 'net.tflite' is the model itself")

    def test_a_report_is_not_the_candidate(self):
        self.refused(*EVALUATE, "--json", "c.tflite", says="is the candidate itself")
        self.refused(*EVALUATE, "--junit", "./c.tflite", says="is the candidate itself")

    def test_an_output_holds_no_weights_of_the_model(self):
        says = "is a file with weights of the "
        for flags in ["-o", "ext/w.bin"], ["-o", "new", "--json", "./ext/../ext/w.bin"]:
            self.refused("qconvert", "ext/e.onnx", "--data", "x.npy", *flags, says=says + "model")
        self.refused("qeval", "ext/e.onnx", "e.tflite", "--data", "x.npy", "--json", "ext/w.bin", says=says + "reference")
        self.refused("qeval", "e.tflite", "ext/e.onnx", "--data", "x.npy", "--junit", "ext/w.bin", says=says + "candidate")
        self.refused("qeval", "--bench", "ext/e.onnx", "--json", "ext/w.bin", says=says + "model")

    def test_an_output_is_no_sample(self):
        says = "is one of the samples"
        for data in "x.npy", "x=x.npy":
            self.refused("qconvert", "ext/e.onnx", "--data", data, "-o", "x.npy", says=says)
            self.refused("qeval", "ext/e.onnx", "e.tflite", "--data", data, "--json", "x.npy", says=says)
        for picture in "photos/a.png", "photos/sub/c.png", "picture":
            self.refused(*CONVERT, "-o", picture, says=says)
            self.refused(*CONVERT, "--samples", "1", "-o", "new", "--json", picture, says=says)
            self.refused(*EVALUATE, "--junit", picture, says=says)
        self.refused("qconvert", "m.onnx", "--data", "input=photos", "-o", "photos/b.png", says=says)

    def test_an_output_is_no_test_vector_beside_the_model(self):
        vector, says = "sets/test_data_set_0/input_0.pb", "is one of the samples"
        self.refused("qconvert", "sets/e.onnx", "-o", vector, says=says)
        self.refused("qconvert", "sets/e.onnx", "--data", "sets", "-o", vector, says=says)
        self.refused("qeval", "sets/e.onnx", "e.tflite", "--json", vector, says=says)

    def test_a_report_is_not_the_labels(self):
        for flag in "--json", "--junit":
            self.refused(*EVALUATE, "--labels", "labels.txt", flag, "labels.txt", says="is the file of labels")

    def test_two_outputs_are_two_files(self):
        says = "are the same file or stream; choose two names"
        self.refused(*CONVERT, "-o", "new", "--json", "./new", says="output 'new' and report './new' " + says)
        self.refused(*EVALUATE, "--json", "new", "--junit", "photos/../new", says=says)
        self.refused("qeval", "--bench", "m.onnx", "--json", "new", "--html", "new", says=says)

    def test_two_outputs_do_not_share_the_standard_output(self):
        says = "are the same file or stream; choose two names"
        for one in "-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1":
            self.refused(*CONVERT, "-o", "-", "--json", one, says=says)
            self.refused(*EVALUATE, "--json", one, "--junit", "-", says=says)
            self.refused("qeval", "--bench", "m.onnx", "--json", one, "--html", "/dev/stdout", says=says)

    def test_a_report_to_the_standard_output_does_not_end_in_the_model(self):
        with open(self.folder / "m.onnx", "ab") as model:
            before = contents(self.folder)
            for command in [*CONVERT, "-o", "new"], EVALUATE:
                done = self.run_command(*command, "--json", "-", stdout=model)
                self.assertEqual(done.returncode, USAGE, done.stderr)
        self.assertEqual(contents(self.folder), before)

    def test_dumps_overwrite_no_input_and_no_output(self):
        dumping = [*CONVERT, "--dump-passes"]
        self.refused(*dumping, "m.onnx", says="dump 'm.onnx' is the model itself; choose another folder with --dump-passes")
        self.refused(*dumping, "dumps", "-o", DUMPED, says="are the same file")
        self.refused(*dumping, "dumps", "-o", "new", "--json", DUMPED, says="are the same file")
        self.refused(*dumping, "new", "-o", "new", says="are the same file")
        self.refused(*dumping, "new", "-o", "new/export", says="are the same file")
        for target, says in [("m.onnx", "is the model itself"), ("photos/a.png", "is one of the samples")]:
            os.remove(self.folder / DUMPED)
            (self.folder / DUMPED).symlink_to(self.folder / target)
            self.refused(*dumping, "dumps", "-o", "new", says=says)

    def test_what_is_no_input_may_be_overwritten(self):
        (self.folder / "photos/old.tflite").write_bytes(b"of an earlier run")
        command = ["-o", "photos/old.tflite", "--json", "c.json"]
        for _ in range(2):
            self.assertEqual(self.run_command(*CONVERT, *command).returncode, 0)
        self.assertEqual((self.folder / "photos/old.tflite").read_bytes()[4:8], b"TFL3")


class Destinations(Commands):
    def setUp(self):
        self.network = (self.folder / "c.tflite").read_bytes()

    def tearDown(self):
        for path in self.folder.glob("out*"):
            path.unlink()

    def test_the_standard_output_takes_any_one_output(self):
        for name in "-", "/dev/stdout", "/dev/fd/1":
            done = self.run_command(*CONVERT, "-o", name)
            self.assertEqual(done.stdout, self.network, name)
            self.assertIn(b"written:", done.stderr)
            done = self.run_command(*CONVERT, "-o", "out", "--json", name)
            self.assertEqual(json.loads(done.stdout)["output"], "out")
            self.assertIn(b"written:", done.stderr)
            done = self.run_command(*EVALUATE, "--json", name)
            self.assertIn("agreement_percent", json.loads(done.stdout))
            self.assertIn(b"agreement:", done.stderr)
            done = self.run_command(*EVALUATE, "--junit", name)
            self.assertTrue(done.stdout.startswith(b"<?xml"))
            self.assertIn(b"agreement:", done.stderr)
            done = self.run_command("qeval", "--bench", "c.tflite", "--runs", "1", "--html", name)
            self.assertTrue(done.stdout.lower().startswith(b"<!doctype html>"))
            self.assertIn(b"median", done.stderr)

    def test_a_quiet_run_prints_no_summary_anywhere(self):
        done = self.run_command(*CONVERT, "-q", "-o", "-")
        self.assertEqual((done.stdout, done.stderr), (self.network, b""))

    def test_a_redirected_output_is_appended_to_not_replaced(self):
        log = self.folder / "out"
        log.write_bytes(b"before ")
        link = self.folder / "out.link"
        link.symlink_to("/dev/stdout")
        with open(log, "ab") as stream:
            for name in "/dev/stdout", "out.link", "out":
                self.run_command(*CONVERT, "-o", name, stdout=stream, check=True)
        self.assertEqual(log.read_bytes(), b"before " + 3 * self.network)
        self.assertTrue(link.is_symlink())

    def test_a_link_stays_and_its_target_is_replaced(self):
        target = self.folder / "out.tflite"
        target.write_bytes(b"old")
        target.chmod(0o600)
        (self.folder / "out").symlink_to("out.tflite")
        self.run_command(*CONVERT, "-o", "out", check=True)
        self.assertEqual(target.read_bytes(), self.network)
        self.assertEqual(target.stat().st_mode & 0o777, 0o600)
        self.assertTrue((self.folder / "out").is_symlink())

    def test_a_pipe_is_written_to_and_stays(self):
        pipe = self.folder / "out"
        os.mkfifo(pipe)
        read = []
        reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
        reader.start()
        self.run_command(*CONVERT, "-o", "out", check=True)
        reader.join()
        self.assertEqual(read, [self.network])
        self.assertTrue(pipe.is_fifo())

    def test_a_terminal_is_written_to(self):
        terminal, other_end = pty.openpty()
        self.run_command(*CONVERT, "-o", "out", "--json", os.ttyname(other_end), check=True)
        self.assertTrue(os.read(terminal, 100).startswith(b"{"))
        self.assertTrue(pathlib.Path(os.ttyname(other_end)).is_char_device())
        os.close(terminal)
        os.close(other_end)

    def test_the_null_device_takes_every_output_and_stays(self):
        done = self.run_command(*CONVERT, "-o", "/dev/null", "--json", "/dev/null")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"written:", done.stdout)
        self.assertTrue(pathlib.Path("/dev/null").is_char_device())

    def test_a_report_that_cannot_be_written_ends_the_run_before_the_work(self):
        for flags in ["--json", "no/such/report"], ["--json", "photos"], ["--json", "m.onnx/report"]:
            done = self.run_command(*CONVERT, "-o", "out", *flags)
            self.assertEqual(done.returncode, IO)
            self.assertIn(f"cannot write '{flags[1]}': ", done.stderr.decode())
            self.assertFalse((self.folder / "out").exists())

    def test_dumps_that_cannot_be_written_say_why(self):
        done = self.run_command(*CONVERT, "-o", "out", "--dump-passes", "c.tflite/dumps")
        self.assertEqual(done.returncode, IO)
        self.assertIn(b"cannot create the folder 'c.tflite/dumps/float/simplify': Not a directory", done.stderr)

    def test_a_standard_output_that_is_full_or_closed_is_an_error(self):
        commands = [*CONVERT, "-o", "out"], [*CONVERT, "-o", "-"], [*CONVERT, "-o", "out", "--json", "-"]
        commands += EVALUATE, ["qconvert", "--help"], ["qconvert", "--list-ops"]
        for command in commands:
            for shell, reason in [("exec >/dev/full", b"No space left on device"), ("exec >&-", b"Bad file descriptor")]:
                done = self.run_command(*command, shell=shell + "; exec")
                self.assertEqual(done.returncode, IO, (command, shell))
                self.assertIn(reason, done.stderr, (command, shell))
                self.assertIn(b"error: cannot write ", done.stderr)

    def test_no_file_of_ours_becomes_a_closed_stream(self):
        self.run_command(*CONVERT, "-o", "out", shell="exec <&- 2>&-; exec", check=True)
        self.assertEqual((self.folder / "out").read_bytes(), self.network)

    def test_a_name_of_245_bytes_works_and_leftovers_of_killed_runs_go(self):
        name = "out" + 242 * "n"
        (self.folder / "out.qconvert-1.tmp").write_bytes(b"half a network")
        (self.folder / "out.backup.tmp").write_bytes(b"of the user")
        for output in name, "out":
            self.run_command(*CONVERT, "-o", output, check=True)
            self.assertEqual((self.folder / output).read_bytes(), self.network)
        self.assertEqual({path.name for path in self.folder.glob("out*")}, {name, "out", "out.backup.tmp"})


if __name__ == "__main__":
    unittest.main()
