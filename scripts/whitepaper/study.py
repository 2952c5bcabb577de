"""The study's measurements: each method on each network once, ever."""

import functools
import hashlib
import pathlib
import sys
import tempfile
import time

from bench.setup import import_peers
from whitepaper import subjects
from whitepaper.methods import Float, Ours, Peer
from whitepaper.results import Results
from whitepaper.training import Tuned
from whitepaper.workbench import Workbench

peers = import_peers()

QUICK_SAMPLES = 100
SAMPLES = 10000


class Study:
    """Networks, and how many samples each is judged on; a quick one shows that everything runs."""

    def __init__(self, names, *, quick=False):
        self.names, self.quick = names, quick
        self.fashion = [name for name in names if subjects.SUBJECTS[name].fashion]
        self.trained = [name for name in self.fashion if name != "patient"]
        self.count = QUICK_SAMPLES if quick else SAMPLES
        self.results = Results(peers.BUILD / "study")
        self.scratch = tempfile.TemporaryDirectory()

    @functools.lru_cache(maxsize=1)
    def bench(self, name):
        folder = fresh(self.scratch.name, name)
        return Workbench(name, subjects.SUBJECTS[name], folder, self.count, quick=self.quick)

    @functools.cache
    def result(self, name, method):
        key = (method.command, fingerprint(subjects.SUBJECTS[name].network.model()), tool(method), self.count)
        return self.results.get(name, key, lambda: self.measure(name, method))

    def measure(self, name, method):
        start = time.monotonic()
        bench = self.bench(name)
        result = bench.judge(*method.apply(bench))
        seconds = time.monotonic() - start
        score = f"{100 * result.scores.mean():.2f} %, {result.sqnr_db:.1f} dB"
        print(f"{name}, {method.command}: {score}, {seconds:.0f} s", file=sys.stderr, flush=True)
        return result

    def reference(self, name):
        return self.result(name, Float())


def fresh(folder, name):
    path = pathlib.Path(folder) / name
    path.mkdir(exist_ok=True)
    return path


@functools.cache
def fingerprint(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def tool(method):
    """What else a method's result depends on: our executable and its shared library, where they have a part."""
    if not isinstance(method, (Ours, Tuned)) and method != Peer("litert"):
        return ""
    name = "qtune" if isinstance(method, Tuned) else "qconvert"
    parts = [peers.BUILD / "bin" / name, *(peers.BUILD / "lib").glob("libqconvert.so.*")]
    return ", ".join(sorted(map(fingerprint, parts)))
