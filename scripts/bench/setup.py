"""Brings about what a comparison needs: the peers' Python, our executables, the networks. Nothing is made twice."""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PEERS = ROOT / ".deps/venv"
OPENVINO = ROOT / ".deps/openvino"


def enter_peers_python():
    """Starts this program again in the Python of scripts/setup test, unless it runs there."""
    if pathlib.Path(sys.prefix).resolve() == PEERS.resolve():
        return
    subprocess.run([ROOT / "scripts/setup", "test"], check=True, stdout=sys.stderr)
    python = str(PEERS / "bin/python")
    os.execv(python, [python, "-B", *sys.argv])


def make_openvino():
    """Installs OpenVINO in a Python of its own."""
    subprocess.run([ROOT / "scripts/setup", "bench"], check=True, stdout=sys.stderr)


def build_executables():
    """Builds in build/, unless the environment variable QCONVERT_BUILD names another build."""
    if "QCONVERT_BUILD" in os.environ:
        return
    for command in ("cmake --preset release", "cmake --build build --target qconvert qeval qtune"):
        subprocess.run(command.split(), check=True, stdout=sys.stderr, cwd=ROOT)


def make_models(names):
    """Makes networks and pictures in .models/."""
    if names:
        subprocess.run([ROOT / "scripts/models", *names], check=True, stdout=sys.stderr)


def import_peers():
    """The module that the tests of peers share; it names QCONVERT_BUILD's executables."""
    sys.path.insert(0, str(ROOT / "test/peers"))
    import peers

    return peers
