"""Starts the executables and turns their JSON reports and exit codes into values and exceptions."""

import os


class QconvertError(Exception):
    """A run that failed: `exit_code`, and the message of the executable as text."""

    exit_code = 70

    def __init__(self, message, exit_code=None):
        super().__init__(message)
        if exit_code is not None:
            self.exit_code = exit_code


class GateFailed(QconvertError):
    """A gate was not met: nothing was written. `report` is the verdict of evaluate(), else None."""

    exit_code = 1

    def __init__(self, message, exit_code=None, report=None):
        super().__init__(message, exit_code)
        self.report = report


class UsageError(QconvertError):
    """An option does not exist, or contradicts another."""

    exit_code = 2


class UnusableInput(QconvertError):
    """A file cannot be read, or holds unusable values."""

    exit_code = 3


class UnsupportedModel(QconvertError):
    """The model uses something that cannot be converted."""

    exit_code = 4


class CannotWrite(QconvertError):
    """An output cannot be written."""

    exit_code = 5


class Undecided(QconvertError):
    """Too few samples for a gate: nothing was written. `report` is the verdict of evaluate(), else None."""

    exit_code = 6

    def __init__(self, message, exit_code=None, report=None):
        super().__init__(message, exit_code)
        self.report = report


class InternalError(QconvertError):
    """A mistake of qconvert's own."""


class Interrupted(QconvertError):
    """A signal ended the run."""

    exit_code = 130


_ERRORS = {
    error.exit_code: error
    for error in (
        GateFailed,
        UsageError,
        UnusableInput,
        UnsupportedModel,
        CannotWrite,
        Undecided,
        InternalError,
        Interrupted,
    )
}


class _Report(dict):
    """The JSON report, whose keys are attributes too. It holds the keys of newer versions as well."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class ConvertReport(_Report):
    """What convert() did."""

    output: str
    mode: str
    model_bytes: int
    output_bytes: int
    integer_nodes: int
    wide_nodes: int
    float_nodes: list
    warnings: list
    outputs: list
    seconds: float


class EvaluateReport(_Report):
    """What evaluate() found."""

    samples: int
    agreement_percent: float
    reference_accuracy: dict
    candidate_accuracy: dict
    outputs: list
    layers: list
    gates: list
    passed: bool
    seconds: float


def find_bin(name="qconvert"):
    """Returns the path of an executable, "qconvert", "qeval" or "qtune"."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bin", name)
    if not os.path.isfile(path):
        raise FileNotFoundError(f"this package holds no executable '{name}'")
    return path


def _flags(options):
    """Returns keyword arguments as options: True is a flag, None and False are none, lists repeat."""
    flags = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            flags.append(flag)
        elif value is not None and value is not False:
            for one in value if isinstance(value, (list, tuple)) else [value]:
                flags.append(f"{flag}={os.fspath(one) if isinstance(one, os.PathLike) else one}")
    return flags


def _run(name, positionals, options):
    """Returns the report of a run and the exception that its exit code means, if any."""
    import json
    import subprocess

    command = [find_bin(name), *_flags(options), "--json", "-", "-q", "--", *map(os.fspath, positionals)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    report = json.loads(done.stdout) if done.stdout else None
    if done.returncode == 0:
        return report, None
    message = done.stderr.decode(errors="replace").strip()
    code = done.returncode if done.returncode >= 0 else 128 - done.returncode
    return report, _ERRORS.get(code, QconvertError)(message.removeprefix("error: "), code)


def convert(model, **options):
    """Converts an ONNX model; returns a ConvertReport, or raises a QconvertError and writes nothing."""
    report, error = _run("qconvert", [model], options)
    if error is not None:
        raise error
    return ConvertReport(report)


def evaluate(reference, candidate, **options):
    """Compares two networks; returns an EvaluateReport, or raises GateFailed or Undecided that holds it."""
    report, error = _run("qeval", [reference, candidate], options)
    if isinstance(error, (GateFailed, Undecided)) and report is not None:
        error.report = EvaluateReport(report)
        raise error
    if error is not None:
        raise error
    return EvaluateReport(report)
