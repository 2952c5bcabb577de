"""Writes the files of docs/, each as a whole or not at all."""

import os

from bench.setup import ROOT


def write(name, text):
    path = ROOT / "docs" / name
    path.parent.mkdir(exist_ok=True)
    beside = path.with_name(path.name + ".tmp")
    beside.write_text(text)
    os.replace(beside, path)
