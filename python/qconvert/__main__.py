"""`python -m qconvert ...` and the entry points: this process becomes the executable."""

import os
import sys

from qconvert._run import find_bin


def _become(name):
    executable = find_bin(name)
    os.execv(executable, [executable, *sys.argv[1:]])


def qconvert():
    _become("qconvert")


def qeval():
    _become("qeval")


def qtune():
    _become("qtune")


if __name__ == "__main__":
    qconvert()
