"""The files of the repository, as the structure tests read them."""

import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def files(*patterns):
    """Paths from the root, of files that git knows or would take, that match a pattern."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    names = sorted(set(done.stdout.split("\n")) - {""})
    return [pathlib.Path(name) for name in names if (ROOT / name).is_file()]


def text(path):
    return (ROOT / path).read_text(encoding="utf-8")


def lines(path):
    """(number, line) of a file, from 1."""
    return list(enumerate(text(path).splitlines(), 1))
