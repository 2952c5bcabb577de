"""HTML reports in a browser: nothing on the console, nothing wider than a phone's window or a desktop's."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
from html import unescape

import repository

BIN = pathlib.Path(os.environ["QCONVERT_BUILD"]) / "bin"
SAMPLES = repository.ROOT / "testdata/fashion_mnist"
PICTURES = ["--mean", "0.286", "--std", "0.353"]
# The width of what is shown and of the window, for --dump-dom.
# What a click on a title of a table does: the names of its rows from the top to the bottom.
SORT = """<script>
const rows = () => [...document.querySelectorAll(".s tbody tr")]
  .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
  .map(row => row.cells[%d].textContent);
const before = rows();
document.querySelector(".s th:nth-child(%d) input").click();
document.title = JSON.stringify([before, rows()]);
</script>"""
MEASURE = "<script>document.title = document.documentElement.scrollWidth + ' of ' + window.innerWidth</script>"


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.scratch.name)
        cls.model, cls.file = SAMPLES / "mobilenet.onnx", cls.folder / "m.tflite"
        cls.call("qconvert", cls.model, "--data", SAMPLES / "calibration", *PICTURES, "-o", cls.file)

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    @classmethod
    def call(cls, name, *arguments):
        subprocess.run([BIN / name, *map(str, arguments), "-q"], check=True, capture_output=True)

    def opened(self, page, width, *flags):
        command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--dump-dom"]
        command += [f"--user-data-dir={self.folder}/browser", f"--window-size={width},900", *flags, f"file://{page}"]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)

    def require_readable(self, page):
        html = page.read_text()
        self.assertNotRegex(html, r"https?://(?!www\.w3\.org)")
        page.write_text(html + MEASURE)
        for width in 500, 1280:  # no window is narrower than 500; the frame below is
            done = self.opened(page, width)
            self.assertNotIn("CONSOLE", done.stderr)
            shown, window = map(int, re.search(r"<title>(\d+) of (\d+)</title>", done.stdout).groups())
            self.assertLessEqual(shown, window)

    def require_narrow(self, page):
        """A frame as wide as a phone has no scroll bar of its own when its body is as wide as it shows."""
        framed = page.read_text().replace("<style>", "<style>html { width: 390px; overflow-x: auto; }\n", 1)
        page.write_text(framed.replace(MEASURE, "<script>document.title = document.body.scrollWidth + ' of 390'</script>"))
        shown = int(re.search(r"<title>(\d+) of 390</title>", self.opened(page, 500).stdout)[1])
        self.assertLessEqual(shown, 390)

    def test_the_page_of_a_verdict(self):
        page = self.folder / "verdict.html"
        gates = ["--labels", SAMPLES / "labels.csv", "--max-drop", 3, "--min-sqnr", 10, "--html", page]
        self.call("qeval", self.model, self.file, "--data", SAMPLES / "images", *PICTURES, *gates, "--layers")
        self.require_whole(page)
        self.require_sorting(page)
        self.require_readable(page)
        self.require_narrow(page)

    def require_whole(self, page):
        html = page.read_text()
        for part in ("<h2>Gates", "<h2>Figures", "<h2>Layer that does the most damage", "<h2>SQNR along the network",
                     "<h2>Values of the worst layers", "<h2>Graph", "<h2>Changed answers", "data:image/png;base64,"):
            self.assertIn(part, html)

    def require_sorting(self, page):
        """A click on a title sorts the rows by its column, without a script of the page's own."""
        html = page.read_text()
        self.assertNotIn("<script", html)
        column = re.findall(r"<th.*?</th>", html[html.index("<div class=\"t s\">"):])
        sqnr = next(i for i, head in enumerate(column) if ">SQNR<" in head)
        copy = self.folder / "sorted.html"
        copy.write_text(html + SORT % (sqnr, sqnr + 1))
        title = re.search(r"<title>(.*?)</title>", self.opened(copy, 1280).stdout)[1]
        before, after = json.loads(unescape(title))
        decibels = [float(text.split()[0]) for text in after]
        self.assertEqual(decibels, sorted(decibels))
        self.assertEqual(sorted(before), sorted(after))
        self.assertNotEqual(before, after)

    def test_the_page_of_a_conversion(self):
        page, file = self.folder / "conversion.html", self.folder / "again.tflite"
        flags = ["--effort", 2, "--budget", 4, "--exclude", "^/3/Add$", "--min-sqnr", 10, "--target", "ethos-u"]
        data = ["--data", SAMPLES / "calibration", *PICTURES]
        self.call("qconvert", self.model, *data, *flags, "--html", page, "-o", file)
        self.require_readable(page)
        self.require_narrow(page)

    def test_the_page_of_a_search(self):
        page, file = self.folder / "search.html", self.folder / "searched.tflite"
        search = ["--search", "--min-sqnr", 15, "--budget", 6, "--precisions", "int4,int8,int16,float32"]
        data = ["--data", SAMPLES / "calibration", *PICTURES]
        self.call("qconvert", self.model, *data, *search, "--html", page, "-o", file)
        self.assertIn("aria-label=\"SQNR over cost\"", page.read_text())
        self.require_readable(page)
        self.require_narrow(page)

    def test_the_page_of_a_profile(self):
        page = self.folder / "profile.html"
        self.call("qeval", "--bench", self.file, "--runs", 3, "--html", page, "--names", self.model)
        self.require_readable(page)
        self.require_narrow(page)

    def test_the_page_of_a_training(self):
        page, file = self.folder / "training.html", self.folder / "trained.tflite"
        data = ["--data", SAMPLES / "images", *PICTURES, "--labels", SAMPLES / "labels.csv", "--samples", 60]
        self.call("qtune", self.model, *data, "--batch", 9, "--validate-every", 2, "--html", page, "-o", file)
        self.require_readable(page)
        self.require_narrow(page)


if __name__ == "__main__":
    unittest.main()
