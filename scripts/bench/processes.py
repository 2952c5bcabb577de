"""Measures whole processes: seconds from start to end, and the most memory that was resident at once.

A child counts as its own what its parent had resident when it started it. So the parent is this file as a program,
an interpreter with next to nothing loaded, whatever the caller has imported.
"""

import dataclasses
import json
import os
import subprocess
import sys
import time


@dataclasses.dataclass(frozen=True)
class Cost:
    seconds: float
    peak_mb: float


def measure(*command):
    """Runs a command whose result is a file; its message is the error."""
    launcher = [sys.executable, "-I", "-S", __file__, *map(str, command)]
    done = subprocess.run(launcher, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return Cost(**json.loads(done.stdout))


def launch(command):
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    start = time.monotonic()
    child = os.posix_spawn(command[0], command, os.environ, file_actions=quiet)
    _, status, usage = os.wait4(child, 0)
    seconds = time.monotonic() - start
    if status != 0:
        raise SystemExit(f"exit {os.waitstatus_to_exitcode(status)}")
    print(json.dumps({"seconds": seconds, "peak_mb": usage.ru_maxrss * 1024 / 1e6}))


if __name__ == "__main__":
    launch(sys.argv[1:])
