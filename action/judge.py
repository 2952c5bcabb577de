"""Runs qeval in a workflow of GitHub Actions: annotates the pull request and adds the verdict to the job's summary.

usage: judge.py REPORTS REFERENCE CANDIDATE OPTIONS

REPORTS is the folder for the reports; OPTIONS is one text, split as a shell does. The exit code is qeval's.
"""

import json
import os
import pathlib
import shlex
import subprocess
import sys


def escaped(text):
    """Text as a workflow command takes it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def annotate(level, title, text):
    title = escaped(title).replace(":", "%3A").replace(",", "%2C")
    print(f"::{level} title={title}::{escaped(text)}", flush=True)


def figure(value):
    return "none" if value is None else f"{value:.4g}"


def sentence(gate):
    """What a gate found, in words."""
    interval = gate["interval"]
    return (
        f"{gate['name']}: {figure(gate['value'])}, 95 % interval {figure(interval['lower'])} to "
        f"{figure(interval['upper'])}, limit {figure(gate['limit'])}"
    )


def annotate_gates(report, exit_code):
    """Annotates each gate that is not passed: an error, or a warning where the run passes all the same."""
    for gate in report.get("gates", []):
        if gate["verdict"] != "pass":
            annotate("warning" if exit_code == 0 else "error", f"qeval {gate['verdict']}", sentence(gate))
    for warning in report.get("warnings", []):
        annotate("warning", "qeval", warning)


def append(variable, text):
    """Appends text to the file that an environment variable names."""
    if path := os.environ.get(variable):
        with open(path, "a", encoding="utf-8") as file:
            file.write(text)


def main(folder, reference, candidate, options):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = {kind: folder / f"report.{suffix}" for kind, suffix in (("json", "json"), ("junit", "xml"), ("markdown", "md"))}
    for path in paths.values():
        path.unlink(missing_ok=True)
    reports = [f"--{kind}={path}" for kind, path in paths.items()]
    done = subprocess.run(
        ["qeval", *shlex.split(options), *reports, "--", reference, candidate], stderr=subprocess.PIPE, text=True
    )
    sys.stderr.write(done.stderr)
    append("GITHUB_OUTPUT", f"exit-code={done.returncode}\n")
    if paths["json"].exists():
        annotate_gates(json.loads(paths["json"].read_text(encoding="utf-8")), done.returncode)
    if done.returncode not in (0, 1, 6):
        annotate("error", f"qeval: exit code {done.returncode}", done.stderr.strip())
    if paths["markdown"].exists():
        append("GITHUB_STEP_SUMMARY", paths["markdown"].read_text(encoding="utf-8"))
    return done.returncode


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
