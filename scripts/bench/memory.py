"""The memory of a conversion against the number of samples, from pictures, with the default settings."""

import pathlib
import tempfile

from bench.markdown import table
from bench.networks import NETWORKS
from bench.processes import measure
from bench.setup import ROOT, import_peers

peers = import_peers()

NETWORK = "efficientnet_lite0"
SAMPLES = (10, 20, 50, 100)


def peak_mb(samples):
    network = NETWORKS[NETWORK]
    with tempfile.TemporaryDirectory() as folder:
        pictures = ["--data", ROOT / network.pictures / "calibration", "--samples", samples]
        output = pathlib.Path(folder) / "n.tflite"
        flags = [*network.preprocessing.flags(), "--threads", 2, "-q", "-o", output]
        return measure(peers.BUILD / "bin/qconvert", network.model(), *pictures, *flags).peak_mb


def report():
    """A row per number of samples."""
    return table(("samples", f"peak memory, {NETWORK}"), [(str(n), f"{peak_mb(n):.0f} MB") for n in SAMPLES])
